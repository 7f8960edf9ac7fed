"""Words that exclude one another: antonyms, and members of one closed kind (colours, meals, ...).

General knowledge written as word lists; the guard compares the lemmas of what two questions do
not share. Each line is one kind; `_` joins what is written as several words.
"""

from functools import cache

ANTONYMS = """
maximum minimum|most least|high low|highest lowest|higher lower|largest smallest|large small
larger smaller|big little|long short|longer shorter|longest shortest|tall short|taller shorter
tallest shortest|first last|increase decrease|increase reduce|increase lower|raise lower
raise reduce|raise decrease|boost reduce|boost decrease|boost lower|gain lose|expand shrink
expand collapse|expand contract|grow shrink|rise fall|rise drop|rise decline|increase decline
increase drop|increase fall|strengthen weaken|improve worsen|speed_up slow_down
accelerate decelerate|accelerate slow|enable disable|turn_on turn_off|switch_on switch_off
turn_up turn_down|scroll_up scroll_down|zoom_in zoom_out|opt_in opt_out|check_in check_out
mute unmute|activate deactivate|advantage disadvantage|pro con|pros cons|benefit risk
benefit drawback|benefit disadvantage|benefit cost|advantage drawback|strength weakness|add remove
add delete|add subtract|insert delete|insert remove|create delete|create destroy|create remove
buy sell|purchase sell|import export|encrypt decrypt|encode decode|upload download|lock unlock
hide show|hide display|hide reveal|hide unhide|open close|start stop|start end|start finish
start quit|start shut_down|start_up shut_down|begin end|begin finish|begin stop|join leave
enter exit|login logout|log_in log_out|sign_in sign_out|sign_up cancel|up down|left right
top bottom|upper lower|front back|inside outside|indoor outdoor|inner outer|good bad|best worst
better worse|cheap expensive|cheapest expensive|cheaper expensive|cheapest dearest
affordable expensive|easy hard|easy difficult|easier harder|easiest hardest|simple complex
simple complicated|new old|newer older|newest oldest|young old|younger older|youngest oldest
ancient modern|hot cold|hotter colder|hottest coldest|warm cold|warm cool|fast slow|faster slower
fastest slowest|early late|earlier later|earliest latest|early-stage late-stage|always never
everyone nobody|legal illegal|safe dangerous|safe unsafe|possible impossible|accept decline
accept reject|accept refuse|approve reject|approve deny|approve disapprove|allow forbid|allow deny
allow prohibit|allow prevent|allow block|permit forbid|permit prohibit|admit deny|grant revoke
grant deny|confirm cancel|confirm deny|book cancel|schedule cancel|renew cancel|input output
positive negative|true false|win lose|win lost|victory defeat|succeed fail|success failure
pass fail|lend borrow|send receive|sender receiver|sender recipient|give take|teach learn
deposit withdraw|credit debit|income expense|profit loss|asset liability|revenue cost
supply demand|attach detach|connect disconnect|compress decompress|zip unzip|compress extract
love hate|like dislike|ascend descend|ascending descending|horizontal vertical|even odd
public private|internal external|minimize maximize|maximise minimise|north south|east west
northern southern|eastern western|arrive depart|arrival departure|prior subsequent
full-time part-time|hidden visible|temporary permanent|current former|current previous
formal informal|domestic international|single married|alive dead|live die|birth death|born die
wet dry|empty full|fill empty|thick thin|wide narrow|deep shallow|heavy light|dark light
dark bright|bright dim|loud quiet|strong weak|rich poor|healthy sick|gain_weight lose_weight
weight_gain weight_loss|inhale exhale|freeze melt|freeze thaw|heat cool|attack defend
attract repel|build destroy|build demolish|include exclude|including excluding|save spend
save delete|save discard|major minor|majority minority|mandatory optional|required optional
required forbidden|manual automatic|manually automatically|natural artificial|online offline
available unavailable
original copy|parent child|ancestor descendant|singular plural|static dynamic|mutable immutable
synchronous asynchronous|sync async|serial parallel|abstract concrete|push pull|read write
pull push|rough smooth|sharp blunt|sweet sour|tight loose|tighten loosen|accepted rejected
upgrade downgrade|upvote downvote|promote demote|hire fire|wholesale retail|winner loser
victim perpetrator|optimistic pessimistic|optimist pessimist|active passive|active inactive
rural urban|guilty innocent|cause prevent|cause cure|cause effect|remember forget|attend skip
pack unpack|load unload|mount unmount|plug unplug|wrap unwrap|fold unfold|tie untie
subscribe unsubscribe|install uninstall|follow unfollow|block unblock|friend unfriend
archive unarchive|pin unpin|freeze unfreeze|root unroot|lawful unlawful|inflation deflation
appreciate depreciate|assemble disassemble|merge split|combine separate|join split
union intersection|numerator denominator|multiply divide|square cube|stack queue
encryption decryption|client server|frontend backend|front-end back-end|upstream downstream
prefix suffix|row column|import_from export_to|acid base|acidic alkaline|convex concave
clockwise counterclockwise|clockwise anticlockwise|acute chronic|benign malignant|hyper hypo
hypertension hypotension|hyperglycemia hypoglycemia|hyperthyroidism hypothyroidism|proton electron
carnivore herbivore|predator prey|introvert extrovert|introverted extroverted|liberal conservative
left-wing right-wing|lefthanded righthanded|left-handed right-handed|bull bear|bullish bearish
call put|landlord tenant|gross net|fixed variable|fixed floating|before after|incoming outgoing
inbound outbound|entry exit|entrance exit|ceiling floor|sunrise sunset|dawn dusk|pre-tax post-tax
above below|over under|with without|odd even|same different|similar different
similarity difference|agree disagree|trust distrust|appear disappear|obey disobey
qualify disqualify|assemble dismantle|minimum_wage maximum_wage|uphill downhill
upstairs downstairs|overweight underweight|overestimate underestimate|overcooked undercooked
overpaid underpaid|employed unemployed|hardware software|lossy lossless|stateful stateless
inclusive exclusive|explicit implicit|local remote|local global|relative absolute
odd-numbered even-numbered|lowercase uppercase|lower-case upper-case|paid unpaid|male female
man woman|boy girl|boy woman|girl man|king queen|he she|his her|free premium|verbose quiet
refundable non-refundable|exempt taxable|prepaid postpaid|sunny rainy|visible invisible
literate illiterate
"""

KINDS = """
quantity: all some most few none half both neither several majority
frequency: always never sometimes often rarely usually seldom occasionally frequently
ordinal: first second third fourth fifth sixth seventh eighth ninth tenth last next previous final
standing: current former future past previous temporary permanent
 full-time part-time seasonal retired
 contract freelance unpaid
restriction: only also except including
kin: mother father brother sister son daughter husband wife uncle aunt cousin nephew niece
 grandfather grandmother grandson granddaughter boyfriend girlfriend fiance fiancee stepmother
 stepfather
role: buyer seller customer vendor teacher student employer employee doctor nurse patient driver
 passenger landlord tenant author reader host guest lawyer client manager worker intern director
 dentist pharmacist surgeon plumber electrician carpenter accountant engineer architect chef
 waiter pilot principal parent child infant adult teenager toddler
colour: red orange yellow green blue purple violet pink brown black white grey gold silver beige
 turquoise maroon navy cyan magenta teal
meal: breakfast lunch dinner supper dessert
animal: dog cat horse cow pig sheep goat chicken duck rabbit hamster fish bird snake lion tiger
 bear wolf fox elephant monkey gorilla whale shark dolphin frog turtle parrot mouse rat penguin
 eagle owl spider bee ant mosquito crocodile alligator kangaroo giraffe zebra leopard cheetah
food: apple banana orange_fruit mango grape strawberry blueberry lemon tomato potato onion garlic
 carrot broccoli spinach cheese milk butter bread rice pasta beef pork turkey salmon tuna shrimp
 egg tofu bean lentil sugar salt honey chocolate avocado cucumber mushroom almond peanut walnut
 oatmeal yogurt
dish: pancake waffle omelette pizza lasagna soup stew salad sandwich burger curry sushi taco
 burrito risotto cake cookie pie brownie muffin ramen dumpling
drink: coffee tea juice beer wine vodka whiskey whisky rum gin cola soda water
body: head neck shoulder arm elbow wrist hand finger chest back stomach hip leg knee ankle foot
 toe eye ear nose mouth tooth tongue throat skin hair scalp brain heart lung liver kidney bladder
 colon thyroid pancreas prostate ovary uterus
illness: flu cold diabetes cancer asthma arthritis depression anxiety migraine pneumonia bronchitis
 malaria measles mumps chickenpox hepatitis tuberculosis cholera dengue ebola covid anemia epilepsy
 autism dementia alzheimer parkinson osteoporosis gout psoriasis eczema allergy stroke hiv herpes
 insomnia obesity
medicine: ibuprofen aspirin paracetamol acetaminophen naproxen amoxicillin penicillin metformin
 insulin prozac zoloft xanax adderall ritalin lisinopril atorvastatin simvastatin omeprazole
 prednisone warfarin melatonin
nutrient: protein fat carbohydrate fiber vitamin calcium iron zinc magnesium potassium sodium
sport: football soccer basketball baseball tennis golf hockey cricket rugby volleyball badminton
 swimming boxing wrestling cycling skiing snowboarding surfing chess poker handball
instrument: guitar piano violin cello flute drum trumpet saxophone clarinet harp ukulele banjo
 bass accordion organ trombone viola harmonica
art: poem novel song movie book painting podcast album magazine
form: poem essay story song letter email speech haiku sonnet limerick tweet memo headline slogan
 dialogue report outline summary
science: physics chemistry biology mathematics geology astronomy psychology sociology economics
 philosophy history geography literature linguistics anthropology botany zoology
planet: mercury venus earth mars jupiter saturn uranus neptune pluto moon sun
element: hydrogen helium lithium carbon nitrogen oxygen fluorine neon aluminum silicon
 phosphorus sulfur chlorine argon nickel copper lead uranium platinum titanium tin
 iodine bromine krypton radon cobalt chromium manganese tungsten mercury gold silver iron zinc
continent: africa asia europe antarctica oceania north_america south_america
ocean: atlantic pacific arctic indian_ocean mediterranean caribbean
country: afghanistan albania algeria argentina armenia australia austria azerbaijan bahrain
 bangladesh belarus belgium bolivia bosnia botswana brazil bulgaria cambodia cameroon canada chad
 chile china colombia congo costa_rica croatia cuba cyprus czechia denmark dominica ecuador egypt
 el_salvador estonia eritrea ethiopia fiji finland france gabon gambia georgia germany ghana greece
 guatemala guinea guyana haiti honduras hungary iceland india indonesia iran iraq ireland israel
 italy jamaica japan jordan kazakhstan kenya kuwait kyrgyzstan laos latvia lebanon lesotho liberia
 libya liechtenstein lithuania luxembourg madagascar malawi malaysia maldives mali malta mauritania
 mauritius mexico moldova monaco mongolia montenegro morocco mozambique myanmar namibia nepal
 netherlands new_zealand nicaragua niger nigeria north_korea norway oman pakistan palestine panama
 paraguay peru philippines poland portugal qatar romania russia rwanda saudi_arabia scotland
 senegal
 serbia singapore slovakia slovenia somalia south_africa south_korea south_sudan spain sri_lanka
 sudan suriname sweden switzerland syria taiwan tajikistan tanzania thailand togo tunisia turkey
 turkmenistan uganda ukraine united_arab_emirates united_kingdom united_states uruguay uzbekistan
 venezuela vietnam wales england yemen zambia zimbabwe
state: alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii
 idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan
 minnesota mississippi missouri montana nebraska nevada new_hampshire new_jersey new_mexico
 new_york north_carolina north_dakota ohio oklahoma oregon pennsylvania rhode_island
 south_carolina south_dakota tennessee texas utah vermont virginia washington west_virginia
 wisconsin wyoming ontario quebec alberta british_columbia bavaria gujarat punjab kerala
city: london paris berlin madrid rome vienna amsterdam brussels lisbon dublin prague warsaw
 budapest athens stockholm oslo copenhagen helsinki moscow istanbul dubai delhi mumbai bangalore
 chennai kolkata hyderabad beijing shanghai tokyo kyoto osaka seoul bangkok singapore sydney
 melbourne brisbane perth auckland toronto montreal vancouver chicago boston seattle denver dallas
 houston austin miami atlanta philadelphia phoenix detroit portland san_francisco los_angeles
 san_diego las_vegas new_orleans new_york cairo nairobi lagos johannesburg cape_town mexico_city
 buenos_aires rio lima bogota santiago hong_kong manila jakarta milan naples venice florence
 barcelona munich hamburg frankfurt zurich geneva lyon marseille manchester liverpool birmingham
 edinburgh glasgow pune karachi lahore dhaka
company: google microsoft apple amazon facebook meta netflix spotify twitter instagram snapchat
 whatsapp telegram tiktok youtube linkedin reddit pinterest quora uber lyft airbnb ebay walmart
 target costco ikea nike adidas puma samsung sony lg huawei xiaomi nokia dell hp lenovo asus acer
 intel amd nvidia tesla ford toyota honda bmw mercedes audi volkswagen nissan hyundai kia mazda
 paypal venmo zelle stripe revolut visa mastercard amex adobe autodesk oracle sap salesforce ibm
 cisco slack zoom teams skype discord dropbox onedrive icloud gmail outlook yahoo hotmail hulu
 disney verizon t-mobile vodafone starbucks mcdonalds fedex ups dhl hsbc barclays citibank chase
 openai anthropic signal yelp doordash grubhub shopify etsy twitch canva figma notion trello
 asana jira duolingo coursera udemy
system: windows macos linux ubuntu debian fedora android ios chromeos unix freebsd
browser: chrome firefox safari edge opera brave
database: mysql postgres postgresql sqlite mongodb redis cassandra oracle mariadb dynamodb
 elasticsearch neo4j snowflake bigquery
cloud: aws azure gcp heroku digitalocean
framework: react angular vue svelte django flask fastapi rails spring laravel express node.js
 pandas numpy tensorflow pytorch keras scikit-learn spark hadoop jquery bootstrap next.js flutter
tool: git github gitlab bitbucket docker kubernetes jenkins ansible terraform vim emacs vscode
 npm yarn pip conda homebrew maven gradle webpack
office: word excel powerpoint access onenote sheets docs slides photoshop illustrator lightroom
filetype: pdf docx xlsx png jpg jpeg gif svg mp3 mp4 wav csv json yaml xml html zip tar txt
base: binary decimal hexadecimal octal
structure: list dictionary tuple array string set queue stack tree graph heap hash integer float
 boolean
payment: credit_card debit_card cash check bank_transfer apple_pay google_pay
device: laptop tablet phone desktop printer router monitor keyboard television camera smartwatch
 headphones microphone
vehicle: car truck bus train plane airplane bicycle motorcycle boat ship scooter ferry
room: kitchen bathroom bedroom garage basement attic
insurance: auto home life health dental travel renters
document: passport visa license invoice receipt resume diploma
degree: bachelor master phd doctorate mba associate
war: wwi wwii
religion: christianity islam hinduism buddhism judaism sikhism jainism catholic protestant
 christian muslim hindu buddhist jew
party: republican democrat
politician: trump clinton obama biden bush putin modi
season: spring summer autumn winter
compass: north south east west northeast northwest southeast southwest
sense: see hear smell taste touch
statistic: mean median mode average variance maximum minimum sum product count range
clothing: shirt pants dress shoe hat jacket coat sock skirt glove scarf tie boot
material: wood metal plastic glass leather cotton wool silk steel concrete paper
"""

LOOSE = frozenset(
    "all some both most half few several auto home life health set back count range "
    "target check product second mean average water access fat tie dress lead light well express "
    "spring master visa cause over with above before same different "
    "like sense love mode match signal meta ups".split()
)
"""Members that are common words too: they count only when nothing else differs."""


@cache
def kinds() -> dict[str, frozenset[str]]:
    """Each word with the kinds it belongs to."""
    members: dict[str, set[str]] = {}
    for line in KINDS.replace("\n ", " ").strip().splitlines():
        kind, _, words = line.partition(":")
        for word in words.split():
            members.setdefault(word, set()).add(kind)
    return {word: frozenset(belongs) for word, belongs in members.items()}


@cache
def antonyms() -> dict[str, frozenset[str]]:
    """Each word with its opposites, both ways."""
    table: dict[str, set[str]] = {}
    for pair in ANTONYMS.replace("\n", "|").strip("|").split("|"):
        first, second = pair.split()
        table.setdefault(first, set()).add(second)
        table.setdefault(second, set()).add(first)
    return {word: frozenset(others) for word, others in table.items()}
