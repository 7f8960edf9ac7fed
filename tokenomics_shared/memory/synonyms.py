"""Words that mean the same in a question, irregular forms, and phrases that are read as one word.

General knowledge written as word lists; nothing here was learnt from data.
"""

from functools import cache

SYNONYMS = """
change switch swap set edit update alter adjust|revert reset return restore roll_back|remember recall
recollect|default original initial factory standard|create set establish form found|level layer tier
form shape|compulsory required mandatory obligatory necessary|select choose decide pick|function work
operate run|automatic auto automated|replacement new|include provide contain cover consist|bangalore
bengaluru|bombay mumbai|calcutta kolkata|madras chennai|peking beijing|burma myanmar
holland netherlands dutch|kiev kyiv|saigon ho_chi_minh|persia iran iranian|germany german
france french|spain spanish|italy italian|china chinese|japan japanese|russia russian|india indian
england english|britain british|greece greek|turkey turkish|portugal portuguese|poland polish
sweden swedish|norway norwegian|denmark danish|finland finnish|switzerland swiss|mexico mexican
iraq iraqi|israel israeli|pakistan pakistani|thailand thai|ireland irish|wales welsh|europe european
scotland scottish|argentina argentine argentinian|brazil brazilian|canada canadian|africa african
acquire get|resign quit step_down|hurt injure wound|assume suppose|allow authorize|grow raise
fear afraid|anger angry|hunger hungry|thirst thirsty|succeed success successful|fail failure
describe characterize|examine inspect check|select pick|construct build erect|demolish destroy
assemble build|locate situated located find|reside live|purchase buy|obtain get|gather collect
collect pick_up|expand extend enlarge widen|lengthen extend|shorten abbreviate|join enroll
display exhibit|conceal hide|discover find|detect find notice|erase wipe delete|format reformat
rename retitle|paste insert|insert add put|append add|attach add|filter select|count number
occur exist|cost expenditure|vendor seller merchant|customer client buyer|staff personnel
attorney counsel|remote distant|initial first|final last ultimate|previous prior preceding
following next subsequent|major big|minor small|vital essential|lethal deadly fatal|toxic poisonous
edible eatable|durable lasting|fragile delicate|precise exact accurate|approximate rough
abundant plentiful|scarce rare|huge enormous gigantic massive|tiny minute miniature|silent quiet
loud noisy|angry mad furious|calm peaceful|brave courageous|lazy idle|polite courteous|rude impolite
generous giving|greedy selfish|honest truthful|loyal faithful|legal lawful permitted|illegal unlawful
banned forbidden prohibited illegal|allergic allergy|painless pain-free|vegetarian veggie
gluten-free no_gluten|per_each each|unlimited limitless|sent receive|waiting time
trouble difficulty problem issue|feature option|see show appear visible receive find|fund money
enough all|attempt try|vanish disappear|request order get|few several extra more|current recent now
maximum max|minimum min|movie film picture_show flick|buy purchase acquire order|begin start commence
photo picture image pic photograph|fast quick rapid swift speedy|large big huge vast great
phone mobile cellphone cell smartphone telephone|notebook laptop|earn make gain|guy man
car automobile vehicle|fix repair solve resolve correct remedy troubleshoot mend
child kid|resume cv|mathematics math maths|remove delete erase get_rid eliminate discard clear drop
salary pay wage earnings compensation|weight weigh heavy|height tall high|length long
depth deep|width wide|age old|distance far|speed fast|temperature hot warm|cost price fee charge
expense expensive rate charged|permit allow let enable|permitted allowed|show display list print present
write implement create code produce compose draft generate make build develop
kill murder slay|start launch|stop quit cease halt end discontinue|cancel stop terminate
shut close|choose pick select opt|get obtain acquire receive have take fetch retrieve gain|happen occur
increase raise boost grow improve|reduce decrease lower cut lessen minimize|increase rise
cut decrease|repair mend|small little tiny|contact reach call phone get_in_touch
customer_support customer_service helpline hotline support|country nation|sick ill
doctor physician|job work position employment career occupation|company business firm
error fault bug problem issue trouble|broken damaged defective not_working
fail decline reject refuse deny|declined rejected refused denied failed|wait pend|pending waiting
verify validate confirm authenticate check prove|identity id identification
difference differ different differentiate distinguish|similar alike|divide split share|answer reply
respond response|question query|sentence line|summary summarize summarise recap overview sum_up
classify categorize categorise label|meaning mean definition define signify stand_for|best top
greatest finest good ideal favorite favourite|main major key important principal primary
city town|house home residence|wife spouse|husband spouse|lose lost missing misplace
stolen steal theft|money cash fund funds|card bankcard|transfer send move wire|change modify alter edit
update switch convert|convert transform turn translate conversion|change exchange|rate price
account acct|withdraw withdrawal take_out cash_out|top_up topup reload add|balance amount
deliver delivery ship shipping arrive|track trace follow locate|locate find|find search discover
look_up get retrieve|see view look watch notice|like love enjoy|love adore|hate dislike|learn study
master|teach learn|teach train educate|travel trip journey visit tour|flight fly flights plane|drive
driving|trip ride|eat consume|restaurant eatery place_to_eat place|place location spot|live
reside stay|people person human|person individual someone|population inhabitant inhabitants
invent create|inventor invent|winner win won champion|author write wrote writer|founder found
establish start|ceo chief_executive chief_executive_officer boss|boss manager
president|safe safety|secure security safe|good great nice|bad poor terrible awful|wrong incorrect
false mistaken|right correct proper|true real genuine actual|fake false|quickly fast|easy simple
straightforward|hard difficult tough challenging|smart intelligent clever|stupid dumb|rich wealthy
happy glad|sad unhappy|scared afraid|beautiful pretty gorgeous attractive|ugly unattractive
strange weird odd|important significant crucial vital|necessary need require required must
necessity|necessary needed|free gratis|useful helpful|famous popular well-known|interesting fascinating
amazing awesome incredible mind-blowing|book novel|story tale|song music track|gift present
store shop|trash garbage rubbish|gas petrol fuel|apartment flat|vacation holiday|college university
school|school college|test exam examination|grade mark score|course class lesson tutorial|class lecture
computer pc|program software application app|app application|website site web_page webpage
internet web online|email mail e-mail|message text sms|picture photo|password passcode pin
username login|login log_in sign_in signin|logout log_out sign_out|sign_up register
registration enroll join signup|install setup set_up configure configuration|setup set_up create
activate enable turn_on switch_on|deactivate disable turn_off switch_off|function method routine
example sample instance|folder directory|file document|array list|string text|loop iterate
run execute launch|execute perform|error exception|purpose function role|thread-safe thread
purpose point aim goal|reason cause why|cause reason trigger|result outcome effect consequence
effect impact influence affect|impact affect|affect influence|advantage benefit pro upside
pros advantage|cons disadvantage|disadvantage drawback con downside|feature characteristic attribute
property|characteristic trait quality|kind type sort|part component piece|amount quantity number
count total|limit limitation restriction maximum cap|average mean|near close nearby
current present|present existing|former ex previous past|old previous|past previous|recent latest
new|newest latest|modern contemporary|start beginning|end finish conclusion|finish complete end done
complete whole entire full|whole all|all every each|everyone everybody all|full complete
temporary short-term|permanent long-term|often frequently|frequently commonly|usually normally typically
generally|frequency often|sometimes occasionally|soon quick long|long duration time|wait time
medicine medication drug|drug medication|illness disease sickness condition|disease condition disorder
symptom sign|treat cure heal treatment|treatment therapy remedy|treat deal|hospital clinic|pain ache hurt
painful sore|belly stomach abdomen|skin derma|tired fatigued exhausted|pregnant pregnancy
vaccine vaccination vaccinate shot|infect infection|virus infection covid|catch contract get
mask face_mask|die death dead|death decease|born birth birthday|birth born|marry marriage wed wedding
divorce separate|baby infant newborn|parent mother|woman female lady|man male|boy guy|girl lady
girlfriend gf|boyfriend bf|friend buddy pal|boss employer|employee worker staff|hire recruit
interview meeting|meeting appointment|employee personnel|manager supervisor
big large|us usa america united_states american u.s.|uk britain united_kingdom england british great_britain
uae united_arab_emirates|eu european_union|un united_nations|nyc new_york_city new_york
la los_angeles|sf san_francisco|wwii world_war_ii ww2|wwi world_war_i ww1|covid coronavirus covid-19
ai artificial_intelligence|ml machine_learning|nlp natural_language_processing|db database
api interface|sqrt square_root|http error|js javascript|k8s kubernetes|postgres postgresql
earth world globe planet|world planet|war conflict battle|fight battle|attack assault
government administration|law legislation|rule regulation|police cop|crime offense|prison jail
religion faith|god deity|church temple|believe think|think consider feel|opinion view thought
know understand aware|understand comprehend grasp|say speak talk tell call|talk speak|ask inquire
request|request ask demand apply|apply application|need want require|desire want wish|hope wish
try attempt|keep retain hold maintain|hold keep|put place set|give provide offer supply|offer provide
accomplish do achieve attain|achieve reach|reach arrive|go travel|come arrive|leave exit depart quit
enter join|return refund give_back send_back|refund reimburse money_back reimbursement
replace swap substitute exchange replacement|substitute alternative|alternative option replacement
option choice possibility|chance probability odds likelihood possibility|likely probable
possible feasible|avoid prevent stop|prevent protect stop|protect guard secure|safe protected
danger risk threat hazard|dangerous risky unsafe harmful hazardous|harmful bad damaging|unsafe dangerous
harm damage hurt|healthy fit|lose reduce drop shed|fat weight|diet nutrition|exercise workout train
sleep rest|dream nightmare|cook make prepare|recipe how_to_make|meal food|food cuisine dish|drink beverage
drive ride|wash clean|clean tidy|color colour|center centre|theater theatre|gray grey|favor favour
behavior behaviour|neighbor neighbour|license licence|program programme|check cheque|tire tyre
organize organise|recognize recognise|analyze analyse analysis|optimize optimise|realize realise
traveling travelling|canceled cancelled|jewelry jewellery|aluminum aluminium|airplane aeroplane plane
pajamas pyjamas|mom mum mother mommy|dad father daddy|grandma grandmother|grandpa grandfather
bike bicycle|tv television telly|fridge refrigerator|ad advertisement advert|info information
quantity number|hour time|timetable schedule|schedule plan|plan strategy|strategy approach
tip advice suggestion trick|suggest recommend advise|suggestion recommendation|guide tutorial manual
instruction step|improve better enhance|better improve|enhance upgrade|compare comparison versus
calculate compute work_out determine figure_out|determine find|calculate estimate|equal equivalent
solve answer|prove show|contain include hold comprise|include contain|have own possess|belong own
made_up consist|consist comprise|connect link attach pair|link connect|join connect combine merge
combine merge|split separate|sort order arrange|order sort|reverse invert flip|copy duplicate replicate
move migrate relocate|migrate switch port|upgrade update|update refresh|reset change recover
recover restore retrieve regain get_back|restore reset revert|revert return|forget forgot forgotten lose
open launch|view open|read parse|save store|store keep|download get|upload submit|submit hand_in file
print output|draw sketch|paint draw|play perform|sing perform|dance perform|win beat|beat defeat
score point|team club|game match|player athlete|championship title|host hold|attend visit go
visa permit|passport travel_document|ticket fare|fare price|hotel accommodation lodging|room chamber
book reserve|reserve reservation booking|reservation book|airport terminal|luggage baggage|train rail
weather climate|rain rainfall precipitation|snow snowfall|sunny clear|storm hurricane|forecast prediction
predict forecast|earthquake quake|mountain peak mount|everest mount_everest|river stream|sea ocean
forest woods|animal creature|plant grow|tree plant|flower bloom|dog puppy pup canine|cat kitten feline
horse pony|cow cattle|spoil go_bad rot expire|expire expiration expiry|expiration expire|valid validity
insurance coverage cover policy|policy plan|loan credit borrow|debt loan|interest apr|tax taxes
invest investment|stock share|bond security|bank institution|fee charge cost|charge bill|bill invoice
payment pay paid|pay settle|purchase payment|transaction payment purchase|discount sale deal coupon
cheap inexpensive affordable budget|expensive costly pricey|worth value|value price|tip gratuity
currency money|exchange convert|foreign international overseas abroad|domestic national
order request|shipment delivery package parcel|package parcel|address location|late delayed overdue
delay late|lost missing gone disappear vanish|gone missing disappear|disappear vanish|appear show
look seem appear|visible show|hide conceal|secret hidden|private personal confidential
public open|common usual typical|normal ordinary regular|rare uncommon unusual|unique special
special particular specific|specific particular|certain sure|sure certain|obvious clear|dark black
bright light|loud noisy|quiet silent|clean pure|dirty unclean|wet damp|dry arid|soft smooth|hard solid
nickname name|name called call title|title name|refer call|nature essence|basics fundamentals basic
advanced expert|novice beginner|professional pro|technique way|approach way|disadvantages downsides
physical plastic|additional extra another more second|extra additional|multiple several many
several many|various different multiple|single one|only just sole|approve authorize accept
accept take|received got|arrived come received|arrive come|stuck frozen|freeze crash hang
crash fail|slow sluggish|lag delay|improve increase|gpa grade|insomnia sleeplessness|unemployment joblessness
obesity overweight|stress anxiety|heart_attack cardiac_arrest|high_blood_pressure hypertension
citizens citizen national|visa_policy visa|need require|conclude end|unable can_not|support help
recommendation recommend|lucky fortunate|terminate end|transportation transport|commute travel
kick_off start|postpone delay|phone_number contact_number number|cellular mobile|tweet post|post publish
surname last_name family_name|gear equipment|tool utility instrument|vocabulary word|phrase expression
synonym equivalent|opposite antonym reverse|origin source come_from|root origin|history past
future upcoming|upcoming next|tomorrow next_day|era age period|period time|century age
discuss talk|argue debate|reject decline|abandon leave|mistake error|accident crash|lawyer attorney
sue lawsuit|arrest detain|vote elect|election vote|candidate nominee|leader head|king monarch|rule govern
wood timber|stone rock|metal iron|glass cup|plate dish|clothes clothing|shirt top|pants trousers
shoe footwear|sneaker trainer|sweater jumper|elevator lift|sidewalk pavement|truck lorry|soccer football
cookie biscuit|candy sweet|fries chips|eggplant aubergine|zucchini courgette|cilantro coriander
sky heaven|aurora northern_lights|planet world|alien extraterrestrial|ghost spirit|dragon monster
nationality citizenship|immigrate emigrate migrate|expat immigrant|tongue language|speak talk
fund finance|tuition fee|scholarship grant|apartment unit|landlord owner|rent lease|owner own
mortgage loan|renovate remodel|furnish equip|kitchenware cookware|cutlery silverware
""".strip()

IRREGULAR_VERBS = """
be am is are was were been being|go goes went gone|do does did done|have has had|get got gotten
take took taken|make made|see saw seen|know knew known|think thought|come came|give gave given
find found|tell told|say said|buy bought|bring brought|build built|choose chose chosen|eat ate eaten
drink drank drunk|drive drove driven|fall fell fallen|feel felt|fight fought|fly flew flown
forget forgot forgotten|freeze froze frozen|grow grew grown|hear heard|hide hid hidden|hold held
keep kept|lay laid|lead led|leave left|lend lent|lose lost|mean meant|meet met|pay paid|read read
ride rode ridden|ring rang rung|rise rose risen|run ran|sell sold|send sent|shake shook shaken
shoot shot|show showed shown|shrink shrank shrunk|sing sang sung|sink sank sunk|sit sat|sleep slept
speak spoke spoken|spend spent|stand stood|steal stole stolen|swim swam swum|teach taught
tear tore torn|throw threw thrown|understand understood|wake woke woken|wear wore worn|win won
write wrote written|bite bit bitten|begin began begun|break broke broken|draw drew drawn
catch caught|die died dying dead|lie lied lying|tie tied tying|become became|withdraw withdrew withdrawn
seek sought|stick stuck|strike struck|bear bore born borne|beat beaten|blow blew blown|deal dealt
child children|man men|woman women|person people persons|mouse mice|goose geese|tooth teeth
foot feet|leaf leaves|life lives|wife wives|knife knives|half halves|wolf wolves|shelf shelves
index indices indexes|matrix matrices|vertex vertices|analysis analyses|crisis crises|hypothesis hypotheses
criterion criteria|phenomenon phenomena|datum data|medium media|bacterium bacteria|virus viruses
bus buses|gas gases|news news|series series|species species|lens lenses|class classes|process processes
business businesses|address addresses|access accesses|boss bosses|status statuses|movie movies
cookie cookies|calorie calories|tie ties|pie pies|shoe shoes|toe toes|potato potatoes|tomato tomatoes
hero heroes|use using used uses|cause causing caused causes|choose choosing|house houses|horse horses
nurse nurses|purchase purchases purchasing purchased|course courses|expense expenses|license licenses
disease diseases|exercise exercises|database databases|phrase phrases|purpose purposes|response responses
increase increasing increased increases|decrease decreasing decreased decreases|close closing closed closes
raise raising raised raises|lose losing loses|mute muting muted mutes|size sizes|price prices pricing
charge charges charging charged|change changes changing changed|exchange exchanges exchanging
image images|page pages|language languages|message messages|cancel canceled cancelled canceling cancelling
travel traveled travelled traveling travelling|upgrade upgrading upgraded|write writing writes
conversion conversions|drive driving|ship shipped shipping|refer referred referring|permit permitted
transfer transferred transferring|split splitting|stop stopped stopping|plan planned planning
put putting|set setting|cut cutting|shut shutting|sit sitting|swim swimming|win winning|begin beginning
run running|get getting|let letting|hit hitting|quit quitting|plug plugging|log logging logged
pet pets|bed beds|red reds|need needs needed|feed fed feeding|breed bred|speed sped|seed seeds
king kings|ring rings|thing things|wing wings|spring springs|string strings|morning mornings
evening evenings|wedding weddings|meeting meetings|building buildings|during during|ceiling ceilings
"""

PHRASES = """
new york city>new_york|new york>new_york|los angeles>los_angeles|san francisco>san_francisco
san diego>san_diego|las vegas>las_vegas|new orleans>new_orleans|hong kong>hong_kong
cape town>cape_town|mexico city>mexico_city|buenos aires>buenos_aires|new zealand>new_zealand
north korea>north_korea|south korea>south_korea|south africa>south_africa|south sudan>south_sudan
saudi arabia>saudi_arabia|sri lanka>sri_lanka|costa rica>costa_rica|el salvador>el_salvador
united states of america>us|united states>us|the united states>us|united kingdom>uk
great britain>uk|united arab emirates>uae|european union>eu|united nations>un
north carolina>north_carolina|south carolina>south_carolina|north dakota>north_dakota
south dakota>south_dakota|new jersey>new_jersey|new mexico>new_mexico
new hampshire>new_hampshire|west virginia>west_virginia|rhode island>rhode_island
british columbia>british_columbia|north america>north_america|south america>south_america
indian ocean>indian_ocean|mount everest>everest|big ben>big_ben|eiffel tower>eiffel_tower
world war>world_war|apple pay>apple_pay|google pay>google_pay|credit card>credit_card
debit card>debit_card|bank transfer>bank_transfer|artificial intelligence>ai
machine learning>ml|square root of>sqrt|square root>sqrt|turn on>turn_on|turn off>turn_off
switch on>turn_on|switch off>turn_off|turned on>turn_on|turned off>turn_off|turning on>turn_on
turning off>turn_off|turn up>turn_up|turn down>turn_down|shut down>shut_down
speed up>speed_up|slow down>slow_down|zoom in>zoom_in|zoom out>zoom_out|opt in>opt_in
opt out>opt_out|check in>check_in|check out>check_out|log in>login|log into>login|logging in>login
log out>logout|log off>logout|sign in>login|sign into>login|sign out>logout|sign up>sign_up
signing up>sign_up|set up>set_up|setting up>set_up|get rid of>remove|look up>find|find out>find
top up>top_up|topped up>top_up|topping up>top_up|topping-up>top_up|top-up>top_up|topup>top_up
top ups>top_up|top-ups>top_up|topped-up>top_up
work out>calculate|figure out>calculate|go bad>spoil|put on>gain|gain weight>gain_weight
lose weight>lose_weight|losing weight>lose_weight|weight loss>lose_weight|weight gain>gain_weight
customer support>support|customer service>support|customer care>support
light years>light_years|light year>light_year|light seconds>light_seconds|light second>light_second
astronomical units>astronomical_units|astronomical unit>astronomical_unit
nautical miles>nautical_miles|nautical mile>nautical_mile|fluid ounces>fluid_ounces
fluid ounce>fluid_ounce|metric tons>metric_tons|metric ton>metric_ton|square meters>square_meters
square metres>square_metres|square meter>square_meter|square feet>square_feet|square foot>square_foot
square miles>square_miles|square mile>square_mile|square kilometers>square_kilometers
square kilometres>square_kilometres|square yards>square_yards|cubic meters>cubic_meters
cubic metres>cubic_metres|cubic feet>cubic_feet|kilowatt hours>kilowatt_hours
km / h>kph|m / s>m/s|mi / h>mph|miles per hour>mph|kilometers per hour>kph|kilometres per hour>kph|meters per second>m/s
metres per second>m/s|canadian dollars>canadian_dollars|canadian dollar>canadian_dollar
australian dollars>australian_dollars|australian dollar>australian_dollar|us dollars>us_dollars
us dollar>us_dollar|british pounds>british_pounds|british pound>british_pound|per cent>percent
basis points>basis_points|visual basic>visual_basic|objective c>objective-c
no longer>no_longer|for each>per|for every>per|per each>per|rather than>instead|instead of>instead
as opposed to>instead|in place of>instead|out of>from|prior to>before|ahead of>before
because of>because|due to>because|all but>except|other than>except|apart from>except
every other>alternate|each other>mutual|one another>mutual|at least>at_least|at most>at_most
no more than>at_most|no less than>at_least|up to>at_most|more than>more_than|less than>less_than
full time>full-time|part time>part-time|left handed>left-handed|right handed>right-handed
multiplied by>multiplied_by|divided by>divided_by|to the power of>to_the_power_of
in order to>to|so that>so|a lot of>many|lots of>many|as well as>and|as well>also|such as>like
cell phone>phone|mobile phone>phone|e mail>email|e-mail>email|web site>website|wi fi>wifi|wi-fi>wifi
bullet points>bullets|bullet point>bullets|bulleted list>bullets|bullet list>bullets
numbered list>numbered_list|blog post>blog_post|press release>press_release|text message>text_message
chief executive officer>ceo|chief executive>ceo|prime minister>prime_minister|vice president>vice_president
heart attack>heart_attack|high blood pressure>hypertension|low blood pressure>hypotension
blood pressure>blood_pressure|blood sugar>blood_sugar|front end>front-end|back end>back-end
what time>when|what year>when|which year>when|what date>when|what day>when|which day>when|which month>when
what month>when|at what age>how_old|how much time>how_long|what amount>how_much|how come>why
what for>why|what reason>why|what reasons>why|what is the reason>why|what are the reasons>why
what are reasons>why|the reason>why|what was the reason>why|what causes>why|what makes>why
what place>where|which place>where|what places>where|which places>where|what location>where
which person>who|what person>who|whose name>who|what is the name of the person>who
what is the way to>how|what is the best way to>how|best way to>how|what is a good way to>how
what are the steps to>how|what are the steps for>how|what are ways to>how|what are some ways to>how
the way to>how|steps to>how|the steps to>how|the procedure for>how|the process for>how|the process of>how
what is the procedure>how|what is the process>how|a way to>how|ways to>how|way of>how|guide to>how
guide for>how|instructions for>how|instructions to>how|the steps for>how|the steps of>how
is there a way to>how|are there ways to>how|is there any way to>how|is it possible to>can
whether or not>whether|step down>resign|steps down>resign|how much does>how_much|how much do>how_much|how much is>how_much|how much>how_much|how many>how_many
the number of>how_many|what number of>how_many|how long>how_long|how far>how_far|how often>how_often
how frequently>how_often|how old>how_old|how tall>how_tall|how high>how_tall|how big>how_big
how large>how_big|how fast>how_fast|how quickly>how_fast|how soon>how_long|how deep>how_deep
how heavy>how_heavy|how hot>how_hot|how cold>how_hot|how wide>how_wide|the price of>how_much
the cost of>how_much|waiting time for>how_long|the duration of>how_long|the distance>how_far
a number of>many|new years>new_year|new year>new_year|labor day>labor_day|labour day>labor_day
memorial day>memorial_day|boxing day>boxing_day|independence day>independence_day|good friday>good_friday|two-factor>2fa|two factor>2fa|2-factor>2fa
"""


@cache
def groups() -> dict[str, frozenset[int]]:
    """Each word with the numbers of the synonym groups it belongs to."""
    table: dict[str, set[int]] = {}
    for number, line in enumerate(SYNONYMS.replace("\n", "|").split("|")):
        for word in line.split():
            table.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in table.items()}


@cache
def irregular() -> dict[str, str]:
    """Each irregular form with its lemma."""
    forms: dict[str, str] = {}
    for line in IRREGULAR_VERBS.strip().replace("\n", "|").split("|"):
        lemma, *rest = line.split()
        for form in (lemma, *rest):
            forms.setdefault(form, lemma)
    return forms


@cache
def phrases() -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """First word -> the phrases it opens, longest first, with the word each is read as."""
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for entry in PHRASES.strip().replace("\n", "|").split("|"):
        phrase, _, word = entry.partition(">")
        first, *rest = phrase.split()
        table.setdefault(first, []).append((tuple(rest), word))
    return {
        first: tuple(sorted(entries, key=lambda entry: -len(entry[0])))
        for first, entries in table.items()
    }
