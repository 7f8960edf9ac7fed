"""Irregular forms, and phrases that are read as one word.

General knowledge written as word lists; nothing here was learnt from data.
"""

from functools import cache

IRREGULAR = """
be am is are was were been being|go goes went gone|do does did done|have has had|get got gotten
take took taken|make made|see saw seen|know knew known|think thought|come came|give gave given
find found|tell told|say said|buy bought|bring brought|build built|choose chose chosen
eat ate eaten|drink drank drunk|drive drove driven|fall fell fallen|feel felt|fight fought
fly flew flown|forget forgot forgotten|freeze froze frozen|grow grew grown|hear heard
hide hid hidden|hold held|keep kept|lay laid|lead led|leave left|lend lent|lose lost|mean meant
meet met|pay paid|read read|ride rode ridden|ring rang rung|rise rose risen|run ran|sell sold
send sent|shake shook shaken|shoot shot|show showed shown|shrink shrank shrunk|sing sang sung
sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|stand stood|steal stole stolen
swim swam swum|teach taught|tear tore torn|throw threw thrown|understand understood
wake woke woken|wear wore worn|win won|write wrote written|bite bit bitten|begin began begun
break broke broken|draw drew drawn|catch caught|die died dying dead|lie lied lying|tie tied tying
become became|withdraw withdrew withdrawn|seek sought|stick stuck|strike struck
bear bore born borne|beat beaten|blow blew blown|deal dealt|child children|man men|woman women
person people persons|mouse mice|goose geese|tooth teeth|foot feet|leaf leaves|life lives
wife wives|knife knives|half halves|wolf wolves|shelf shelves|index indices indexes
matrix matrices|vertex vertices|analysis analyses|crisis crises|hypothesis hypotheses
criterion criteria|phenomenon phenomena|datum data|medium media|bacterium bacteria|virus viruses
bus buses|gas gases|news news|series series|species species|lens lenses|class classes
process processes|business businesses|address addresses|access accesses|boss bosses
status statuses|movie movies|cookie cookies|calorie calories|tie ties|pie pies|shoe shoes|toe toes
potato potatoes|tomato tomatoes|hero heroes|use using used uses|cause causing caused causes
choose choosing|house houses|horse horses|nurse nurses|purchase purchases purchasing purchased
course courses|expense expenses|license licenses|disease diseases|exercise exercises
database databases|phrase phrases|purpose purposes|response responses
increase increasing increased increases|decrease decreasing decreased decreases
close closing closed closes|raise raising raised raises|lose losing loses|mute muting muted mutes
size sizes|price prices pricing|charge charges charging charged|change changes changing changed
exchange exchanges exchanging|image images|page pages|language languages|message messages
cancel canceled cancelled canceling cancelling|travel traveled travelled traveling travelling
upgrade upgrading upgraded|write writing writes|conversion conversions|drive driving
ship shipped shipping|refer referred referring|permit permitted|transfer transferred transferring
split splitting|stop stopped stopping|plan planned planning|put putting|set setting|cut cutting
shut shutting|sit sitting|swim swimming|win winning|begin beginning|run running|get getting
let letting|hit hitting|quit quitting|plug plugging|log logging logged|pet pets|bed beds|red reds
need needs needed|feed fed feeding|breed bred|speed sped|seed seeds|king kings|ring rings
thing things|wing wings|spring springs|string strings|morning mornings|evening evenings
wedding weddings|meeting meetings|building buildings|during during|ceiling ceilings
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
south dakota>south_dakota|new jersey>new_jersey|new mexico>new_mexico|new hampshire>new_hampshire
west virginia>west_virginia|rhode island>rhode_island|british columbia>british_columbia
north america>north_america|south america>south_america|indian ocean>indian_ocean
mount everest>everest|big ben>big_ben|eiffel tower>eiffel_tower|world war>world_war
apple pay>apple_pay|google pay>google_pay|credit card>credit_card|debit card>debit_card
bank transfer>bank_transfer|artificial intelligence>ai|machine learning>ml|square root of>sqrt
square root>sqrt|turn on>turn_on|turn off>turn_off|switch on>turn_on|switch off>turn_off
turned on>turn_on|turned off>turn_off|turning on>turn_on|turning off>turn_off|turn up>turn_up
turn down>turn_down|shut down>shut_down|speed up>speed_up|slow down>slow_down|zoom in>zoom_in
zoom out>zoom_out|opt in>opt_in|opt out>opt_out|check in>check_in|check out>check_out|log in>login
log into>login|logging in>login|log out>logout|log off>logout|sign in>login|sign into>login
sign out>logout|sign up>sign_up|signing up>sign_up|set up>set_up|setting up>set_up
get rid of>remove|look up>find|find out>find|top up>top_up|topped up>top_up|topping up>top_up
topping-up>top_up|top-up>top_up|topup>top_up|top ups>top_up|top-ups>top_up|topped-up>top_up
work out>calculate|figure out>calculate|go bad>spoil|put on>gain|gain weight>gain_weight
lose weight>lose_weight|losing weight>lose_weight|weight loss>lose_weight|weight gain>gain_weight
customer support>support|customer service>support|customer care>support|light years>light_years
light year>light_year|light seconds>light_seconds|light second>light_second
astronomical units>astronomical_units|astronomical unit>astronomical_unit
nautical miles>nautical_miles|nautical mile>nautical_mile|fluid ounces>fluid_ounces
fluid ounce>fluid_ounce|metric tons>metric_tons|metric ton>metric_ton|square meters>square_meters
square metres>square_metres|square meter>square_meter|square feet>square_feet
square foot>square_foot|square miles>square_miles|square mile>square_mile
square kilometers>square_kilometers|square kilometres>square_kilometres|square yards>square_yards
cubic meters>cubic_meters|cubic metres>cubic_metres|cubic feet>cubic_feet
kilowatt hours>kilowatt_hours|km / h>kph|m / s>m/s|mi / h>mph|miles per hour>mph
kilometers per hour>kph|kilometres per hour>kph|meters per second>m/s|metres per second>m/s
canadian dollars>canadian_dollars|canadian dollar>canadian_dollar
australian dollars>australian_dollars|australian dollar>australian_dollar|us dollars>us_dollars
us dollar>us_dollar|british pounds>british_pounds|british pound>british_pound|yes or no>yes_no
basis points>basis_points|visual basic>visual_basic|objective c>objective-c|no longer>no_longer
for each>per|for every>per|per each>per|rather than>instead|instead of>instead
as opposed to>instead|in place of>instead|out of>from|prior to>before|ahead of>before
because of>because|due to>because|all but>except|other than>except|apart from>except
every other>alternate|each other>mutual|one another>mutual|at least>at_least|at most>at_most
no more than>at_most|no less than>at_least|up to>at_most|more than>more_than|less than>less_than
full time>full-time|part time>part-time|left handed>left-handed|right handed>right-handed
multiplied by>multiplied_by|divided by>divided_by|to the power of>to_the_power_of|in order to>to
so that>so|a lot of>many|lots of>many|as well as>and|as well>also|such as>like|cell phone>phone
mobile phone>phone|e mail>email|e-mail>email|web site>website|wi fi>wifi|wi-fi>wifi
bullet points>bullets|bullet point>bullets|bulleted list>bullets|bullet list>bullets
numbered list>numbered_list|blog post>blog_post|press release>press_release
text message>text_message|chief executive officer>ceo|chief executive>ceo
prime minister>prime_minister|vice president>vice_president|heart attack>heart_attack
high blood pressure>hypertension|low blood pressure>hypotension|blood pressure>blood_pressure
blood sugar>blood_sugar|front end>front-end|back end>back-end|what time>when|what year>when
which year>when|what date>when|what day>when|which day>when|which month>when|what month>when
at what age>how_old|how much time>how_long|what amount>how_much|how come>why|what for>why
what reason>why|what reasons>why|what is the reason>why|what are the reasons>why
what are reasons>why|the reason>why|what was the reason>why|what causes>why|what makes>why
what place>where|which place>where|what places>where|which places>where|what location>where
which person>who|what person>who|whose name>who|what is the name of the person>who
what is the way to>how|what is the best way to>how|best way to>how|what is a good way to>how
what are the steps to>how|what are the steps for>how|what are ways to>how
what are some ways to>how|the way to>how|steps to>how|the steps to>how|the procedure for>how
the process for>how|the process of>how|what is the procedure>how|what is the process>how
a way to>how|ways to>how|way of>how|guide to>how|guide for>how|instructions for>how
instructions to>how|the steps for>how|the steps of>how|is there a way to>how|are there ways to>how
is there any way to>how|is it possible to>can|whether or not>whether|step down>resign
steps down>resign|how much does>how_much|how much do>how_much|how much is>how_much
how much>how_much|how many>how_many|the number of>how_many|what number of>how_many
how long>how_long|how far>how_far|how often>how_often|how frequently>how_often|how old>how_old
how tall>how_tall|how high>how_tall|how big>how_big|how large>how_big|how fast>how_fast
how quickly>how_fast|how soon>how_long|how deep>how_deep|how heavy>how_heavy|how hot>how_hot
how cold>how_hot|how wide>how_wide|the price of>how_much|the cost of>how_much
waiting time for>how_long|the duration of>how_long|the distance>how_far|in stock>available
out of stock>unavailable|sold out>unavailable|a number of>many
new years>new_year|new year>new_year|labor day>labor_day|labour day>labor_day
memorial day>memorial_day|boxing day>boxing_day|independence day>independence_day
good friday>good_friday|two-factor>2fa|two factor>2fa|2-factor>2fa
"""


@cache
def irregular() -> dict[str, str]:
    """Each irregular form with its lemma."""
    forms: dict[str, str] = {}
    for line in IRREGULAR.strip().replace("\n", "|").split("|"):
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
