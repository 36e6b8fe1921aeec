"""Given names that are common in English, in small letters: "im dan" gives one, "im done" does not. By us, from memory.

Left out are those that are words of other meaning, too ("will", "rose", "mark", "grace", "hope", "may").
"""

from __future__ import annotations

from typing import Final

_NAMES = """
aaron abby abdul abigail adam adele adrian agnes ahmed aidan aisha alan albert alex alexa alexander alexandra alfie
alfred ali alice alicia alina alison allan amanda amber amelia amina amir amit amy ana anders andre andrea andreas
andrew andy angela angelina angus anika anita ann anna anne annie anthony anton antonia antonio anya archie ariana
arjun arthur asha ashley astrid audrey aurora ava ayesha barbara barry beatrice becky bella ben benjamin bernard bertha
beth bethany betty bianca bilal bjorn bob bobby boris brandon brenda brian bridget bruce bruno bryan caitlin callum
cameron camilla carina carl carla carlos carmen carol caroline carolyn catherine cathy cecilia celine charles charlie
charlotte chen chloe chris christian christina christine christopher ciara claire clara clare claudia clive colin
connor conrad cora cynthia daisy damian dan dana daniel daniela danielle danny daphne daria darren dave david dean
deborah debbie declan deepa denise dennis derek diana diane diego dimitri dina dmitri dominic donald donna dora doris
dorothy doug douglas duncan dylan eddie edith edward edwin eileen elaine eleanor elena eli elias elijah elisa elisabeth
elizabeth ella ellen ellie elliot elsa emil emilia emily emma enrique eric erica erik erika erin ernest esme esther
ethan eva evan eve evelyn ewan farah fatima felicity felix finlay finn fiona florence frances francesca francis
francesco fred freddie frederick freya gabriel gabriela gareth gary gavin geoff george georgia georgina gerald gerard
gina giovanni giulia gloria gordon graham greg gregory greta guy gwen hamish hana hanna hannah hans harriet harry
harvey hassan hazel heather hector heidi helen helena helga henrik henry hilary holly howard hugh hugo ian ibrahim ida
igor imogen imran ines ingrid irene iris isaac isabel isabella isabelle isla ivan ivy jackie jacob jacqueline jake
james jamie jan jana jane janet janice jared jasmine jason javier jean jeff jeffrey jen jenna jennifer jenny jeremy
jerry jess jesse jessica jessie jill jim jimmy joan joana joanna joanne joe joel john johnny jon jonas jonathan jordan
jorge jose joseph josephine josh joshua joyce juan judith judy jules julia julian julie juliet julius justin kaito
karen karim karin karl karolina kate katharina katherine kathleen kathryn kathy katie katrina kay keira keith kelly ken
kenneth kevin khalid kieran kim kimberly kirsten kirsty klaus kofi kristen kristina kumar kyle lara larry lars laura
lauren laurence lea leah leanne lee leila lena leo leon leonard leonie lesley leslie lewis liam lidia lilian lily lina
linda lindsay lisa liz lizzie logan lola lorenzo lorna lorraine louis louisa louise luca lucas lucia lucy luis luka
lukas luke lydia lynn mabel maddie madeleine maggie magnus maja malcolm malik manuel marc marcel marco marcus margaret
margot maria mariam marie marina mario marion marius marlene marta martha martin martina marvin mary mason mateo
matilda matt matthew maureen maurice max maya megan mehmet mei melanie melissa mia michael michelle miguel mika mike
mila miles millie milo mina miriam mohamed mohammed moira molly mona monica morgan moritz muhammad murray myra nadia
nadine nancy naomi natalia natalie natasha nathan neil nell nelly niall nicholas nick nicola nicolas nicole nigel nina
noah noel nora norma norman nuria oleg olga oliver olivia ollie omar oscar oskar otto owen pablo pam pamela patricia
patrick paul paula pauline pavel pedro peggy penelope penny pete peter petra phil philip philippa phoebe pierre pilar
piotr polly priya rachel rafael rahul raj ralph ramona raquel rashid ravi raymond rebecca reggie reinhard renate rhys
ricardo richard rick rita rob robert roberta roberto robin roger roland roman ronald ronan rory rosa rosalind rosemary
rosie ross rowan roy ruby rupert russell ruth ryan sabine sabrina sally sam samantha samir samuel sandra sanjay sara
sarah sasha scott sean sebastian serena sergio seth shane shannon sharon sheila shirley sidney sienna silvia simon
simone sinead siobhan sofia solomon sonia sophia sophie stacey stanley stefan stella stephanie stephen steve steven
stewart stuart sue suki sunita susan susanne suzanne sven svetlana sylvia tamara tamsin tania tanya tara tariq ted
teresa terry tess tessa thea theo theodore theresa thomas tim timothy tina tobias toby todd tom tomas tommy tony tracy
trevor trish tyler ulrich ursula valentina valerie vanessa vera veronica vicky victor victoria vijay viktor vincent
viola virginia vivian vivien vladimir walter wanda wendy werner wilfred william wolfgang xavier yasmin yuki yusuf yvonne
zac zach zachary zara zoe"""
GIVEN_NAMES: Final = frozenset(_NAMES.split())
