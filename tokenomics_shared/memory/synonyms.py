"""Words that mean the same in a question.

General knowledge written as word lists; nothing here was learnt from data.
"""

from functools import cache

SYNONYMS = """
change switch swap set edit update alter adjust|revert reset return restore roll_back
remember recall|recollect|default original initial factory standard
create set establish form found|level layer tier|form shape
compulsory required mandatory obligatory necessary|select choose decide pick|function work
operate run|automatic auto automated|replacement new|include provide contain cover consist
bangalore|bengaluru|bombay mumbai|calcutta kolkata|madras chennai|peking beijing|burma myanmar
holland netherlands dutch|kiev kyiv|saigon ho_chi_minh|persia iran iranian|germany german
france french|spain spanish|italy italian|china chinese|japan japanese|russia russian|india indian
england english|britain british|greece greek|turkey turkish|portugal portuguese|poland polish
sweden swedish|norway norwegian|denmark danish|finland finnish|switzerland swiss|mexico mexican
iraq iraqi|israel israeli|pakistan pakistani|thailand thai|ireland irish|wales welsh
europe european|scotland scottish|argentina argentine argentinian|brazil brazilian|canada canadian
africa african|acquire get|resign quit step_down|hurt injure wound|assume suppose|allow authorize
grow raise|fear afraid|anger angry|hunger hungry|thirst thirsty|succeed success successful
fail failure|describe characterize|examine inspect check|select pick|construct build erect
demolish destroy|assemble build|locate situated located find|reside live|purchase buy|obtain get
gather collect|collect pick_up|expand extend enlarge widen|lengthen extend|shorten abbreviate
join enroll|display exhibit|conceal hide|discover find|detect find notice|erase wipe delete
format reformat|rename retitle|paste insert|insert add put|append add|attach add|filter select
count number|occur exist|cost expenditure|vendor seller merchant|customer client buyer
staff personnel|attorney counsel|remote distant|initial first|final last ultimate
previous prior preceding|following next subsequent|major big|minor small|vital essential
lethal deadly fatal|toxic poisonous|edible eatable|durable lasting|fragile delicate
precise exact accurate|approximate rough|abundant plentiful|scarce rare
huge enormous gigantic massive|tiny minute miniature|silent quiet|loud noisy|angry mad furious
calm peaceful|brave courageous|lazy idle|polite courteous|rude impolite|generous giving
greedy selfish|honest truthful|loyal faithful|legal lawful permitted|illegal unlawful
banned forbidden prohibited illegal|allergic allergy|painless pain-free|vegetarian veggie
gluten-free no_gluten|per_each each|unlimited limitless|sent receive|waiting time
trouble difficulty problem issue|feature option|see show appear visible receive find|fund money
enough all|attempt try|vanish disappear|request order get|few several extra more
current recent now|maximum max|minimum min|movie film picture_show flick
buy purchase acquire order|begin start commence|photo picture image pic photograph
fast quick rapid swift speedy|large big huge vast great
phone mobile cellphone cell smartphone telephone|notebook laptop|earn make gain|guy man
car automobile vehicle|fix repair solve resolve correct remedy troubleshoot mend|child kid
resume cv|mathematics math maths|remove delete erase get_rid eliminate discard clear drop
salary pay wage earnings compensation|weight weigh heavy|height tall high|length long|depth deep
width wide|age old|distance far|speed fast|temperature hot warm|cost price fee charge
expense expensive rate charged|permit allow let enable|permitted allowed
show display list print present
write implement create code produce compose draft generate make build develop|kill murder slay
start launch|stop quit cease halt end discontinue|cancel stop terminate|shut close
choose pick select opt|get obtain acquire receive have take fetch retrieve gain|happen occur
increase raise boost grow improve|reduce decrease lower cut lessen minimize|increase rise
cut decrease|repair mend|small little tiny|contact reach call phone get_in_touch
customer_support customer_service helpline hotline support|country nation|sick ill
doctor physician|job work position employment career occupation|company business firm
error fault bug problem issue trouble|broken damaged defective not_working
fail decline reject refuse deny|declined rejected refused denied failed|wait pend|pending waiting
verify validate confirm authenticate check prove|identity id identification
difference differ different differentiate distinguish|similar alike|divide split share
answer reply|respond response|question query|sentence line
summary summarize summarise recap overview sum_up|classify categorize categorise label
meaning mean definition define signify stand_for|best top
greatest finest good ideal favorite favourite|main major key important principal primary|city town
house home residence|wife spouse|husband spouse|lose lost missing misplace|stolen steal theft
money cash fund funds|card bankcard|transfer send move wire|change modify alter edit
update switch convert|convert transform turn translate conversion|change exchange|rate price
account acct|withdraw withdrawal take_out cash_out|top_up topup reload add|balance amount
deliver delivery ship shipping arrive|track trace follow locate|locate find|find search discover
look_up get retrieve|see view look watch notice|like love enjoy|love adore|hate dislike
learn study|master|teach learn|teach train educate|travel trip journey visit tour
flight fly flights plane|drive|driving|trip ride|eat consume|restaurant eatery place_to_eat place
place location spot|live|reside stay|people person human|person individual someone
population inhabitant inhabitants|invent create|inventor invent|winner win won champion
author write wrote writer|founder found|establish start
ceo chief_executive chief_executive_officer boss|boss manager|president|safe safety
secure security safe|good great nice|bad poor terrible awful|wrong incorrect|false mistaken
right correct proper|true real genuine actual|fake false|quickly fast|easy simple|straightforward
hard difficult tough challenging|smart intelligent clever|stupid dumb|rich wealthy|happy glad
sad unhappy|scared afraid|beautiful pretty gorgeous attractive|ugly unattractive|strange weird odd
important significant crucial vital|necessary need require required must|necessity
necessary needed|free gratis|useful helpful|famous popular well-known|interesting fascinating
amazing awesome incredible mind-blowing|book novel|story tale|song music track|gift present
store shop|trash garbage rubbish|gas petrol fuel|apartment flat|vacation holiday
college university|school|school college|test exam examination|grade mark score
course class lesson tutorial|class lecture|computer pc|program software application app
app application|website site web_page webpage|internet web online|email mail e-mail
message text sms|picture photo|password passcode pin|username login|login log_in sign_in signin
logout log_out sign_out|sign_up register|registration enroll join signup
install setup set_up configure configuration|setup set_up create|activate enable turn_on switch_on
deactivate disable turn_off switch_off|function method routine|example sample instance
folder directory|file document|array list|string text|loop iterate|run execute launch
execute perform|error exception|purpose function role|thread-safe thread|purpose point aim goal
reason cause why|cause reason trigger|result outcome effect consequence
effect impact influence affect|impact affect|affect influence|advantage benefit pro upside
pros advantage|cons disadvantage|disadvantage drawback con downside
feature characteristic attribute|property|characteristic trait quality|kind type sort
part component piece|amount quantity number|count total|limit limitation restriction maximum cap
average mean|near close nearby|current present|present existing|former ex previous past
old previous|past previous|recent latest|new|newest latest|modern contemporary|start beginning
end finish conclusion|finish complete end done|complete whole entire full|whole all|all every each
everyone everybody all|full complete|temporary short-term|permanent long-term|often frequently
frequently commonly|usually normally typically|generally|frequency often|sometimes occasionally
soon quick long|long duration time|wait time|medicine medication drug|drug medication
illness disease sickness condition|disease condition disorder|symptom sign
treat cure heal treatment|treatment therapy remedy|treat deal|hospital clinic|pain ache hurt
painful sore|belly stomach abdomen|skin derma|tired fatigued exhausted|pregnant pregnancy
vaccine vaccination vaccinate shot|infect infection|virus infection covid|catch contract get
mask face_mask|die death dead|death decease|born birth birthday|birth born
marry marriage wed wedding|divorce separate|baby infant newborn|parent mother|woman female lady
man male|boy guy|girl lady|girlfriend gf|boyfriend bf|friend buddy pal|boss employer
employee worker staff|hire recruit|interview meeting|meeting appointment|employee personnel
manager supervisor|big large|us usa america united_states american u.s.
uk britain united_kingdom england british great_britain|uae united_arab_emirates|eu european_union
un united_nations|nyc new_york_city new_york|la los_angeles|sf san_francisco|wwii world_war_ii ww2
wwi world_war_i ww1|covid coronavirus covid-19|ai artificial_intelligence|ml machine_learning
nlp natural_language_processing|db database|api interface|sqrt square_root|http error
js javascript|k8s kubernetes|postgres postgresql|earth world globe planet|world planet
war conflict battle|fight battle|attack assault|government administration|law legislation
rule regulation|police cop|crime offense|prison jail|religion faith|god deity|church temple
believe think|think consider feel|opinion view thought|know understand aware
understand comprehend grasp|say speak talk tell call|talk speak|ask inquire|request
request ask demand apply|apply application|need want require|desire want wish|hope wish
try attempt|keep retain hold maintain|hold keep|put place set|give provide offer supply
offer provide|accomplish do achieve attain|achieve reach|reach arrive|go travel|come arrive
leave exit depart quit|enter join|return refund give_back send_back
refund reimburse money_back reimbursement|replace swap substitute exchange replacement
substitute alternative|alternative option replacement|option choice possibility
chance probability odds likelihood possibility|likely probable|possible feasible
avoid prevent stop|prevent protect stop|protect guard secure|safe protected
danger risk threat hazard|dangerous risky unsafe harmful hazardous|harmful bad damaging
unsafe dangerous|harm damage hurt|healthy fit|lose reduce drop shed|fat weight|diet nutrition
exercise workout train|sleep rest|dream nightmare|cook make prepare|recipe how_to_make|meal food
food cuisine dish|drink beverage|drive ride|wash clean|clean tidy|color colour|center centre
theater theatre|gray grey|favor favour|behavior behaviour|neighbor neighbour|license licence
program programme|check cheque|tire tyre|organize organise|recognize recognise
analyze analyse analysis|optimize optimise|realize realise|traveling travelling|canceled cancelled
jewelry jewellery|aluminum aluminium|airplane aeroplane plane|pajamas pyjamas|mom mum mother mommy
dad father daddy|grandma grandmother|grandpa grandfather|bike bicycle|tv television telly
fridge refrigerator|ad advertisement advert|info information|quantity number|hour time
timetable schedule|schedule plan|plan strategy|strategy approach|tip advice suggestion trick
suggest recommend advise|suggestion recommendation|guide tutorial manual|instruction step
improve better enhance|better improve|enhance upgrade|compare comparison versus
calculate compute work_out determine figure_out|determine find|calculate estimate|equal equivalent
solve answer|prove show|contain include hold comprise|include contain|have own possess|belong own
made_up consist|consist comprise|connect link attach pair|link connect|join connect combine merge
combine merge|split separate|sort order arrange|order sort|reverse invert flip
copy duplicate replicate|move migrate relocate|migrate switch port|upgrade update|update refresh
reset change recover|recover restore retrieve regain get_back|restore reset revert|revert return
forget forgot forgotten lose|open launch|view open|read parse|save store|store keep|download get
upload submit|submit hand_in file|print output|draw sketch|paint draw|play perform|sing perform
dance perform|win beat|beat defeat|score point|team club|game match|player athlete
championship title|host hold|attend visit go|visa permit|passport travel_document|ticket fare
fare price|hotel accommodation lodging|room chamber|book reserve|reserve reservation booking
reservation book|airport terminal|luggage baggage|train rail|weather climate
rain rainfall precipitation|snow snowfall|sunny clear|storm hurricane|forecast prediction
predict forecast|earthquake quake|mountain peak mount|everest mount_everest|river stream|sea ocean
forest woods|animal creature|plant grow|tree plant|flower bloom|dog puppy pup canine
cat kitten feline|horse pony|cow cattle|spoil go_bad rot expire|expire expiration expiry
expiration expire|valid validity|insurance coverage cover policy|policy plan|loan credit borrow
debt loan|interest apr|tax taxes|invest investment|stock share|bond security|bank institution
fee charge cost|charge bill|bill invoice|payment pay paid|pay settle|purchase payment
transaction payment purchase|discount sale deal coupon|cheap inexpensive affordable budget
expensive costly pricey|worth value|value price|tip gratuity|currency money|exchange convert
foreign international overseas abroad|domestic national|order request
shipment delivery package parcel|package parcel|address location|late delayed overdue|delay late
lost missing gone disappear vanish|gone missing disappear|disappear vanish|appear show
look seem appear|visible show|hide conceal|secret hidden|private personal confidential|public open
common usual typical|normal ordinary regular|rare uncommon unusual|unique special
special particular specific|specific particular|certain sure|sure certain|obvious clear|dark black
bright light|quiet silent|clean pure|dirty unclean|wet damp|dry arid|soft smooth|hard solid
nickname name|name called call title|title name|refer call|nature essence
basics fundamentals basic|advanced expert|novice beginner|professional pro|technique way
approach way|disadvantages downsides|physical plastic|additional extra another more second
extra additional|multiple several many|several many|various different multiple|single one
only just sole|approve authorize accept|accept take|received got|arrived come received|arrive come
stuck frozen|freeze crash hang|crash fail|slow sluggish|lag delay|improve increase|gpa grade
insomnia sleeplessness|unemployment joblessness|obesity overweight|stress anxiety
heart_attack cardiac_arrest|high_blood_pressure hypertension|citizens citizen national
visa_policy visa|need require|conclude end|unable can_not|support help|recommendation recommend
lucky fortunate|terminate end|transportation transport|commute travel|kick_off start
postpone delay|phone_number contact_number number|cellular mobile|tweet post|post publish
surname last_name family_name|gear equipment|tool utility instrument|vocabulary word
phrase expression|synonym equivalent|opposite antonym reverse|origin source come_from|root origin
history past|future upcoming|upcoming next|tomorrow next_day|era age period|period time
century age|discuss talk|argue debate|reject decline|abandon leave|mistake error|accident crash
lawyer attorney|sue lawsuit|arrest detain|vote elect|election vote|candidate nominee|leader head
king monarch|rule govern|wood timber|stone rock|metal iron|glass cup|plate dish|clothes clothing
shirt top|pants trousers|shoe footwear|sneaker trainer|sweater jumper|elevator lift
sidewalk pavement|truck lorry|soccer football|cookie biscuit|candy sweet|fries chips
eggplant aubergine|zucchini courgette|cilantro coriander|sky heaven|aurora northern_lights
planet world|alien extraterrestrial|ghost spirit|dragon monster|nationality citizenship
immigrate emigrate migrate|expat immigrant|tongue language|speak talk|fund finance|tuition fee
scholarship grant|apartment unit|landlord owner|rent lease|owner own|mortgage loan
renovate remodel|furnish equip|kitchenware cookware|cutlery silverware
"""


@cache
def groups() -> dict[str, frozenset[int]]:
    """Each word with the numbers of the synonym groups it belongs to."""
    table: dict[str, set[int]] = {}
    for number, line in enumerate(SYNONYMS.strip().replace("\n", "|").split("|")):
        for word in line.split():
            table.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in table.items()}
