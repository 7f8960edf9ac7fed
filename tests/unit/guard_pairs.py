"""Pairs of near questions, written by hand: what the guard must tell apart and what it must not.

A line is `one | other`; blocks are named after the difference.
"""

WRONG = {
    "number": """
How many days are there in 3 weeks? | How many days are there in 5 weeks?
Give me 7 tips for sleeping better. | Share 10 tips to sleep better.
What's 15% of 80? | What is 18% of 80?
Round 3.14159 to two decimals. | Round 3.14159 to four decimals.
Calculate 12 * 9 | Calculate 12 + 9
Is 91 divisible by 7? | Is 91 divisible by 13?
What comes after 1999? | What comes after 1,999,000?
How do I cook rice for six people? | How do I cook rice for sixteen people?
Tip on a $45 bill? | How much should I tip on a $54 bill?
What is 9 cubed? | What is 19 cubed?
Name three rivers in Asia. | Name thirteen rivers in Asia.
Who was the 16th president? | Who was the 26th president?
How far can I walk in 2.5 hours? | How far can I walk in 25 hours?
""",
    "unit": """
How long is a marathon in miles? | How long is a marathon in kilometres?
What does a litre of milk weigh in grams? | What does a litre of milk weigh in ounces?
Boiling point of ethanol in Celsius? | What's the boiling point of ethanol in Fahrenheit?
How many megabytes are in a DVD? | How many gigabytes are in a DVD?
How old is the Earth in days? | How old is the Earth in hours?
Convert 30 pounds to kilograms. | Convert 30 ounces to kilograms.
How much is a house in acres? | How much is a house in hectares?
What's the speed of sound in mph? | What's the speed of sound in km/h?
Price of gold in dollars | Price of gold in euros
How many teaspoons in this recipe? | How many tablespoons in this recipe?
Engine power in kilowatts? | Engine power in horsepower?
""",
    "date": """
What's on TV on Monday? | What is on TV on Thursday?
Weather in Rome in January? | What is the weather like in Rome in July?
Sales report for Q1 2021 | Sales report for Q3 2021
Who was pope in 1850? | Which man was pope in 1950?
Is the bank open on Sunday? | Is the bank open on Saturday?
What happened on March 3? | What happened on March 13?
List holidays in December. | List the holidays in November.
Show appointments for tomorrow. | Show appointments for today.
What did we spend last week? | What did we spend last month?
Is the museum closed on 4 July 2022? | Is the museum closed on 4 June 2022?
Are shops open at Easter? | Are shops open at Christmas?
""",
    "identifier": """
What does errno 13 mean? | What does errno 31 mean?
How do I call str.strip()? | How do I call str.split()?
Why is main.py failing? | Why is setup.py failing?
Install version 1.2.3 | Install version 1.3.2
Where's my parcel AB1234? | Where is my parcel AB1243?
Tell me about flight LH400 | Tell me about flight LH401
How to use useState in a form? | How to use useEffect in a form?
Open ~/notes/todo.md | Open ~/notes/done.md
What is CVE-2021-44228? | What is CVE-2021-45046?
Explain the `map` method | Explain the `filter` method
Who wrote to bob@example.com? | Who wrote to rob@example.com?
Fix error E0382 in my code | Fix error E0502 in my code
How do I set max_length? | How do I set min_length?
""",
    "payload": """
Rewrite this more politely: send me the file now | Rewrite this more politely: call me back today
Count the words: the cat sat on the mat | Count the words: a dog ran in the big park
Is this spam? "You won a prize, click here" | Is this spam? "Your meeting moved to noon, see you"
Extract the names: Anna met Bob in Paris | Extract the names: Carl met Dora in Paris
Proofread the text below.\\nTheir going home. | Proofread the text below.\\nIts raining again.
Translate to German: good morning my friend | Translate to German: good night my friend
What language is this: el perro come pan | What language is this text: le chien dort dehors
""",
    "language": """
Sort a list in Ruby | Sort a list in Perl
How do you declare a constant in Go? | How do you declare a constant in Rust?
What's "cheese" in Italian? | What's "cheese" in Polish?
Reply in Korean: who are you? | Reply in Japanese: who are you?
Connect to Postgres with PHP | How do I connect to Postgres with Python?
Write hello world in C | Write hello world in C#
Translate this sentence into Dutch | Translate this sentence into Danish
Unit testing in Kotlin | Unit testing in Scala
How hard is learning Arabic? | How hard is learning Turkish?
""",
    "format": """
Describe gravity in one paragraph. | Describe gravity in one sentence.
Tell me about Rome as a table. | Tell me about Rome as bullet points.
Explain DNS to a child. | Explain DNS to an engineer.
Write an essay about rain. | Write a poem about rain.
Explain inflation for beginners. | Explain inflation for experts.
Describe a black hole in 50 words. | Describe a black hole in 300 words.
Give the results as XML. | Give the results as YAML.
Explain photosynthesis briefly. | Explain photosynthesis in detail.
Write a formal invitation to dinner. | Write an informal invitation to dinner.
Explain taxes in simple terms. | Explain taxes in technical terms.
""",
    "direction": """
Trains from Paris to Lyon | Trains from Lyon to Paris
How do I move photos from Dropbox to iCloud? | How do I move photos from iCloud to Dropbox?
Is gold heavier than lead? | Is lead heavier than gold?
Why do cats chase dogs? | Why do dogs chase cats?
How many inches are in a foot? | How many feet are in an inch?
Did Germany invade Poland? | Did Poland invade Germany?
Should I pick tea over coffee? | Should I pick coffee over tea?
Use butter instead of oil | Use oil instead of butter
Replace tabs with spaces | Replace spaces with tabs
Subtract 5 from 9 | Subtract 9 from 5
Is a square a rectangle? | Is a rectangle a square?
Does poverty lead to crime? | Does crime lead to poverty?
Import data from Excel into Access | Import data from Access into Excel
Did Italy beat Spain? | Did Spain beat Italy?
Was Skype bought by Microsoft? | Was Microsoft bought by Skype?
Convert PDF to Word | Convert Word to PDF
Exchange rate of dollars to pesos | Exchange rate of pesos to dollars
Flights to Denver | Flights from Denver
What percent of women are doctors? | What percent of doctors are women?
Do whales eat squid? | Do squid eat whales?
Does Anna love Peter? | Does Peter love Anna?
How do I cast a string to an integer? | How do I cast an integer to a string?
Do I eat before running? | Do I eat after running?
""",
    "negation": """
Which plants are toxic to cats? | Which plants are not toxic to cats?
What should I do in an interview? | What shouldn't I do in an interview?
Which birds can fly? | Which birds can't fly?
Show customers who have paid. | Show customers who haven't paid.
What if I pay my rent? | What if I don't pay my rent?
Foods with gluten | Foods without gluten
Why do people vote? | Why do people not vote?
Which cities have a subway? | Which cities have no subway?
Who is allowed to vote? | Who is not allowed to vote?
List all rows where the email is null | List all rows where the email is not null
I want to renew my plan | I don't want to renew my plan
When should you see a doctor? | When should you not see a doctor?
Reasons to buy a house | Reasons not to buy a house
""",
    "antonym": """
How do I lock my account? | How do I unlock my account?
What are the advantages of nuclear power? | What are the disadvantages of nuclear power?
How do I gain weight? | How do I lose weight?
Sort the names in ascending order | Sort the names in descending order
Turn off the lights | Turn on the lights
Where can I buy used cars? | Where can I sell used cars?
What is the cheapest flight? | What is the most expensive flight?
Why did the price rise? | Why did the price fall?
How do I subscribe to the newsletter? | How do I unsubscribe from the newsletter?
How to install Docker | How to uninstall Docker
Is it legal to record a call? | Is it illegal to record a call?
How do I encrypt a file? | How do I decrypt a file?
What's the tallest building in Asia? | What is the shortest building in Asia?
Best time to arrive at the airport | Best time to depart from the airport
How can I lend money? | How can I borrow money?
How do I hide a column? | How do I unhide a column?
Export contacts | Import contacts
Upload a photo | Download a photo
Is my contract temporary? | Is my contract permanent?
""",
    "entity": """
What is the population of Chile? | What is the population of China?
How tall is Mount Fuji? | How tall is Mount Rainier?
Who wrote Hamlet? | Who wrote Macbeth?
How do I delete my Instagram account? | How can I delete my Twitter account?
Is Tesla hiring? | Is Toyota hiring?
Directions to Boston | Directions to Austin
When did Mozart die? | When did Beethoven die?
what is the capital of kenya | what is the capital of ghana
how do i close my venmo account | how do i close my paypal account
Are dogs allergic to chocolate? | Are cats allergic to chocolate?
What vitamins are in carrots? | What vitamins are in spinach?
How do I clean a guitar? | How do I clean a piano?
What causes asthma? | What causes migraine?
Distance to Mars | Distance to Jupiter
Refund policy for Hilton | Refund policy for Marriott
How do I renew my passport? | How do I renew my license?
""",
    "question": """
When did the war start? | Why did the war start?
Where was Einstein born? | When was Einstein born?
How do I meditate? | Why should I meditate?
How many puppies are in a litter? | How big is a litter of puppies?
Who discovered penicillin? | When was penicillin discovered?
How many people speak Welsh? | Why do people speak Welsh?
How often should I water a cactus? | How much should I water a cactus?
Where is the Louvre? | How big is the Louvre?
""",
    "scope": """
What is his email address? | What's her email address?
Show my orders | Show your orders
Delete every comment | Delete some comments
Are all birds able to fly? | Are some birds able to fly?
Which shops only accept cash? | Which shops accept cash?
Is parking free for employees? | Is parking free for customers?
Email all users except admins | Email all users
What are the rules for adults? | What are the rules for children?
Select the first item | Select the last item
What are the fees for domestic transfers? | What are the fees for international transfers?
Do former members get a discount? | Do current members get a discount?
Is the train always late? | Is the train sometimes late?
""",
}

RIGHT = """
How many days are in three weeks? | How many days are there in 3 weeks?
What's 15% of 80? | What is 15 percent of 80?
How long is a marathon in miles? | What's the length of a marathon in miles?
How do I reset my password? | I forgot my password, how can I reset it?
What's the weather like in Rome in July? | How is the weather in Rome in July?
Who wrote Hamlet? | Who is the author of Hamlet?
When was Einstein born? | In what year was Einstein born?
How do I delete my Instagram account? | What are the steps to delete an Instagram account?
Trains from Paris to Lyon | Which trains go from Paris to Lyon?
Was Skype bought by Microsoft? | Did Microsoft buy Skype?
Convert PDF to Word | How do I turn a PDF into Word?
What is the difference between TCP and UDP? | What's the difference between UDP and TCP?
Is gold heavier than lead? | Would you say gold is heavier than lead?
Which plants are not toxic to cats? | Which plants aren't toxic to cats?
My card isn't working | My card is not working
I can't log in to my account | I am unable to log in to my account
I haven't received my order yet | I am still waiting to receive my order
How do I unlock my account? | What's the way to unlock my account?
What are the benefits of yoga? | What are the advantages of yoga?
Sort a list in Python | How do I sort a list using Python?
Explain DNS to a child. | Please explain DNS to a child
Describe gravity in one paragraph. | Give a description of gravity in one paragraph.
What is ML? | What is machine learning?
How far is it to New York City? | What's the distance to NYC?
Can you tell me the time in Tokyo? | What time is it in Tokyo?
How much does a passport cost? | What's the price of a passport?
What is the capital of the USA? | What is the capital of the United States?
Who is the CEO of Tesla? | Who's Tesla's chief executive?
Best films of 2019 | What were the best movies of 2019?
Is the office open on 5 May 2021? | Is the office open on May 5, 2021?
How do I cancel my order? | Hi, could you please help me cancel my order?
What colour is the sky? | What color is the sky?
How do I install numpy? | how to install numpy
Where is the nearest pharmacy? | Where can I find the closest pharmacy?
Why is my phone slow? | What is the reason my phone is slow?
Show customers who haven't paid. | List the customers who have not paid.
Turn off the lights | Please switch off the lights
How do I track my package? | How can I trcak my package?
What happens if I don't pay my rent? | What will happen when I don't pay the rent?
Flights to Denver | What flights go to Denver?
How do I use os.path.join? | Show how to use os.path.join.
What did World War 2 cost? | What did World War II cost?
Does smoking cause cancer? | Is smoking a cause of cancer?
Is cancer caused by smoking? | Does smoking cause cancer?
Reply in Korean: who are you? | Reply in Korean: who are you
Do I need a visa for Japan? | Is a visa required for Japan?
"""


def pairs(block: str) -> list[tuple[str, str]]:
    """Read a block of lines `one | other`."""
    lines = (line.replace("\\n", "\n") for line in block.strip().split("\n"))
    return [(one.strip(), other.strip()) for one, other in (line.split(" | ") for line in lines)]
