"""CEL, the expression language of CustomResourceDefinitions and admission policies.

`program.compile_rule` turns a text into a program over declared types, or says what is wrong with
it in the server's words; a program is run over values of the instance. Pure, and loaded by whoever
has a rule to run: nothing of it is needed to judge a manifest without one.
Source: the CEL language definition; google/cel-go 0.26 checker, interpreter, ext; kubernetes
apiserver pkg/cel.
"""
