"""More pairs of near questions, most of them worded anew on both sides (`one | other`)."""

WRONG_REWORDED = """
Convert 20 USD to EUR | How many euros are 30 US dollars?
What is 7 times 8? | Multiply 7 by 9.
What's the factorial of 5? | Compute 6 factorial.
Remind me in 10 minutes | Set a reminder for 20 minutes from now
A recipe for 4 servings of chili | Chili recipe that serves 8
How many calories in 2 eggs? | Calories of three eggs?
Can I drive at 17? | Is it possible to drive at 16?
Divide 100 by 4 | What's 100 divided by 5?
What is the boiling point of water in Kelvin? | Water boils at how many degrees Fahrenheit?
How much does an elephant weigh in tons? | Give an elephant's weight in kilograms.
How big is Texas in square miles? | What's the area of Texas in square kilometers?
How many seconds are in a day? | A day has how many minutes?
What are the side effects of ibuprofen? | List side effects of aspirin.
How do I join a table in MySQL? | How to do a join in Postgres?
Best hotels in Lisbon | What are the top hotels in Madrid?
Who directed Jaws? | Who was the director of Alien?
Compare the iPhone 12 and 13 | Compare the iPhone 12 and iPhone 14
Is it safe to eat raw eggs? | Is it unsafe to eat raw eggs?
How do I make my bread less dense? | How do I make my bread more dense?
How to add a user in Linux | What's the command to delete a user on Linux?
Show me the newest emails | Show the oldest emails
Which stocks gained today? | What stocks lost value today?
Is the shop open? | Is the shop closed?
Are peanuts good for you? | Are peanuts bad for your health?
Which states allow gambling? | Which states do not allow gambling?
Which states allow gambling? | What states don't permit gambling?
Can I park here? | Why can't I park here?
Name animals that hibernate | Name animals that never hibernate
Should I take vitamin D every day? | Should I not take vitamin D every day?
Who has replied to the survey? | Who hasn't replied to the survey?
What products are in stock? | Which products are out of stock?
Route from the airport to the hotel | How do I get from the hotel to the airport?
Bus from Oxford to Cambridge | What buses run from Cambridge to Oxford?
Convert Fahrenheit to Celsius | Formula for converting Celsius to Fahrenheit
Is Rust faster than Go? | Is Go faster than Rust?
Did the dog bite the man? | Did the man bite the dog?
Can vinegar be substituted for lemon juice? | Can lemon juice be substituted for vinegar?
Who did Brazil beat in the final? | Who beat Brazil in the final?
Translate from Hindi to Urdu | Translate from Urdu to Hindi
How do I upgrade from Pro to Basic? | How can I switch from Basic to Pro?
Does sleep affect mood? | Does mood affect sleep?
Which is the parent of node A? | Which is the child of node A?
Money sent to John | Money received from John
What does HTTP 502 mean? | Meaning of status code 503?
What does the -r flag do in grep? | What does the -v flag do in grep?
How do I use numpy.dot? | Explain numpy.cross
Update to macOS 12 | How do I update to macOS 13?
Track order #A-1029 | Where's order #A-1092?
How do I use Array.map in JavaScript? | How do I use Array.filter in JavaScript?
Is Node 14 supported? | Is Node 16 still supported?
Run SELECT on users | Run DELETE on users
Write a haiku about spring | Write a limerick about spring
Explain blockchain to a teenager | Explain blockchain to a lawyer
Summarize the plot in two sentences | Summarize the plot in two paragraphs
Describe Paris in a formal tone | Describe Paris in a casual tone
List the steps with code samples | List the steps without code samples
Write a cover letter for a nurse | Write a cover letter for a teacher
How to say goodbye in Greek? | What is goodbye in Hebrew?
Write a for loop in Swift | Give a for loop in Kotlin
Parse JSON with Java | How do I parse JSON using JavaScript?
How do you spell color in British English? | How do you spell color in American English?
Reply in Portuguese please: how are you? | Reply in Italian please: how are you?
What's my balance? | What's your balance?
What are his hobbies? | Tell me her hobbies.
Are most snakes venomous? | Are all snakes venomous?
Remove the first column | Drop the second column
Do new customers get free shipping? | Do existing customers get free shipping?
Is it open on weekdays only? | Is it open on weekends only?
Does it always snow in Oslo? | Does it ever snow in Oslo?
Did sales go up in May? | Did sales go up in June?
Forecast for tonight | Forecast for tomorrow night
Flights on December 24 | Flights on December 26
Who won the 1994 World Cup? | Who won the 1998 World Cup?
GDP of France in the 1980s | GDP of France in the 1990s
Is there class on Tuesday? | Is class held on Wednesday?
What are the Q2 results? | What were the Q4 results?
Events in autumn | Events in spring
Who is the president of Colombia? | Who's Bolivia's president?
When was Harvard founded? | When was Yale founded?
How do I pair my AirPods? | How do I pair my Galaxy Buds?
What is the currency of Denmark? | Which currency does Sweden use?
Customer service number for Delta | Customer service number for United
Is Lyon bigger than Nice? | Is Lyon bigger than Lille?
When was the iPhone invented? | Who invented the iPhone?
What is a mutex? | Why use a mutex?
Where do pandas live? | How long do pandas live?
How is cheese made? | Why is cheese made?
Who can apply for the grant? | When can I apply for the grant?
How many moons does Jupiter have? | How big are the moons of Jupiter?
Detect the language: "bonjour tout le monde" | Detect the language: "guten tag"
Paraphrase: He was late because of rain. | Paraphrase: She was early because of luck.
"""

RIGHT_REWORDED = """
Convert 20 USD to EUR | How many euros is 20 US dollars?
What is 7 times 8? | Multiply 7 by 8.
What is 12 + 30? | What's the sum of 12 and 30?
Divide 100 by 4 | What's 100 divided by 4?
What is 20% of 50? | Calculate twenty percent of 50.
Recommend 5 books on history | Give me five history book recommendations
A recipe for 4 servings of chili | Chili recipe that serves 4
Water boils at how many degrees Fahrenheit? | What's the boiling point of water in Fahrenheit?
How big is Texas in square miles? | What's the area of Texas in square miles?
How much does an elephant weigh in tons? | Give an elephant's weight in tons.
What are the side effects of ibuprofen? | Which side effects does ibuprofen have?
Best hotels in Lisbon | What are the top hotels in Lisbon?
Who directed Jaws? | Who was the director of Jaws?
What is the currency of Denmark? | Which currency does Denmark use?
Who is the president of Colombia? | Who's Colombia's president?
How do I return an item to Amazon? | What's Amazon's return process for an item?
When was Harvard founded? | What year was Harvard established?
How do I make my bread less dense? | What can I do to make my bread less dense?
How to add a user in Linux | What's the command to add a user on Linux?
Show me the newest emails | Display my newest emails
How do I lower my electricity bill? | What are ways to reduce my electricity bill?
Which states do not allow gambling? | What states don't permit gambling?
Who hasn't replied to the survey? | Which people have not replied to the survey?
What products are not in stock? | Which products aren't in stock?
What happens if I miss a payment? | What are the consequences of missing a payment?
Bus from Oxford to Cambridge | What buses run from Oxford to Cambridge?
How do I get from the hotel to the airport? | Route from the hotel to the airport
Convert Fahrenheit to Celsius | Formula for converting Fahrenheit to Celsius
Is Rust faster than Go? | Is Rust quicker than Go?
Does sleep affect mood? | Can mood be affected by sleep?
Does sleep affect mood? | Is mood influenced by sleep?
How do I switch from Basic to Pro? | Steps for switching from Basic to Pro
How many cents per dollar? | What is the number of cents in a dollar?
Which team beat Brazil? | By which team was Brazil beaten?
What does HTTP 502 mean? | Meaning of HTTP status 502?
How do I use numpy.dot? | Show an example of using numpy.dot.
Where is /var/log/syslog? | In which directory is /var/log/syslog?
Update to macOS 12 | How do I update to macOS 12?
Explain blockchain to a teenager | Describe blockchain for a teenager
Summarize the plot in two sentences | Give a two-sentence summary of the plot
List the benefits of tea as bullet points | Give the benefits of tea in bullet points
Write a haiku about spring | Compose a haiku on spring
Write a for loop in Swift | Give a for loop in Swift
How do I parse JSON with Java? | Parsing JSON using Java?
How to say goodbye in Greek? | What is 'goodbye' in Greek?
Answer in Spanish: what is gravity? | What is gravity? Respond in Spanish.
Translate 'cat' to French | What's the French word for 'cat'?
Remove the first column | Drop the first column
Do new customers get free shipping? | Is shipping free for new customers?
Are all snakes venomous? | Is every snake venomous?
What are his hobbies? | Tell me his hobbies.
Is it open on weekends? | Will it be open on weekends?
Who won the 1994 World Cup? | Which country won the World Cup in 1994?
What did we earn in March 2020? | What were our earnings in Mar 2020?
What is the forecast for tonight? | Forecast for tonight?
When did the Titanic sink? | In what year did the Titanic sink?
Why is the sky blue? | For what reason is the sky blue?
How much does Netflix cost? | What is the price of Netflix?
How many moons does Jupiter have? | What's the number of moons of Jupiter?
Where do pandas live? | In which places do pandas live?
What is a mutex? | Define mutex.
How long does shipping take? | What's the delivery time? How long does shipping take?
Who painted the Mona Lisa? | Which artist painted the Mona Lisa?
Is it possible to change my seat? | Can I change my seat?
Translate into German: I like trains. | Please translate this to German: I like trains.
Is the sentence "He go home" correct? | Is this sentence correct: "He go home"?
Thanks! How do I close my account? | How do I close my account
Tell me how to boil an egg | How do you boil an egg?
Weather today? | What is the weather like today?
I'd like to know the capital of Peru | What's the capital of Peru?
What is the wifi password? | Wifi password please
Could you give me a summary of Hamlet? | Summarize Hamlet
How can I improve my credit score? | How do I improve my credit score?
"""
