using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>
/// What restricted source may say. Each expression is looked at with what it means: its symbol, its type and what that is converted to have to be of the source itself or of
/// <see cref="AllowedApi"/>, signatures included, so that nothing refused can be had from something allowed. <see cref="EmittedPolicy"/> looks once more, at what the compiler made of it.
/// </summary>
internal sealed class CodePolicy
{
    private readonly FunctionSignature _signature;
    private readonly SemanticModel _model;
    private readonly IAssemblySymbol _own;
    private readonly HashSet<ISymbol> _passed = new(SymbolEqualityComparer.Default);

    private CodePolicy(FunctionSignature signature, SemanticModel model) => (_signature, _model, _own) = (signature, model, model.Compilation.Assembly);

    /// <summary>Checks a tree that compiles.</summary>
    /// <exception cref="FlowException">It says what it may not; the message says what and where (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public static void Check(FunctionSignature signature, SyntaxTree tree, SemanticModel model, CancellationToken cancellationToken)
    {
        var policy = new CodePolicy(signature, model);
        var nodes = tree.GetRoot(cancellationToken).DescendantNodes().ToList();

        // Words first: they are what people know of their source.
        nodes.ForEach(policy.CheckSyntax);
        foreach (var node in nodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            policy.CheckMeaning(node);
        }
    }

    private void CheckSyntax(SyntaxNode node)
    {
        var refused = node switch
        {
            AttributeListSyntax => "attributes",
            UnsafeStatementSyntax or FixedStatementSyntax or PointerTypeSyntax or FunctionPointerTypeSyntax => "unsafe code",
            StackAllocArrayCreationExpressionSyntax or ImplicitStackAllocArrayCreationExpressionSyntax => "stackalloc",
            MakeRefExpressionSyntax or RefTypeExpressionSyntax or RefValueExpressionSyntax => "typed references",
            AwaitExpressionSyntax => "await: functions answer at once",
            LockStatementSyntax => "lock: there are no threads to lock out",
            GotoStatementSyntax => "goto: a jump back is a loop that nobody counts",
            DestructorDeclarationSyntax => "finalizers: they run when nobody waits for them",
            RecordDeclarationSyntax => "records: what the compiler writes for them is not counted; use a class, a struct or a tuple",
            EventDeclarationSyntax or EventFieldDeclarationSyntax => "events",
            TypeOfExpressionSyntax => "typeof: there is no reflection",
            ExternAliasDirectiveSyntax => "extern aliases",
            BaseNamespaceDeclarationSyntax space when OthersNamespace(space.Name) is { } others => $"namespace {others}: what is declared there would stand in for the runtime's own",
            _ => null,
        };
        if (refused is not null)
        {
            throw Refused(node, refused);
        }

        foreach (var token in node.ChildTokens())
        {
            if (token.Kind() is SyntaxKind.UnsafeKeyword or SyntaxKind.ExternKeyword or SyntaxKind.AsyncKeyword or SyntaxKind.ArgListKeyword)
            {
                throw Refused(node, $"{token.ValueText}");
            }
        }
    }

    private void CheckMeaning(SyntaxNode node)
    {
        var type = _model.GetTypeInfo(node);
        CheckType(node, type.Type);
        CheckType(node, type.ConvertedType);
        if (node is IdentifierNameSyntax or GenericNameSyntax or ExpressionSyntax or ConstructorInitializerSyntax or BaseTypeSyntax)
        {
            CheckSymbol(node, _model.GetSymbolInfo(node).Symbol);
        }

        if (node is ForEachStatementSyntax or ForEachVariableStatementSyntax)
        {
            var each = _model.GetForEachStatementInfo((CommonForEachStatementSyntax)node);
            CheckSymbol(node, each.GetEnumeratorMethod);
            CheckSymbol(node, each.CurrentProperty);
            CheckSymbol(node, each.MoveNextMethod);
            CheckSymbol(node, each.DisposeMethod);
        }

        if (_model.GetDeclaredSymbol(node) is { } declared)
        {
            CheckSymbol(node, declared);
        }
    }

    private void CheckSymbol(SyntaxNode node, ISymbol? symbol)
    {
        switch (symbol)
        {
            case null or INamespaceSymbol or ILabelSymbol or IRangeVariableSymbol or IDiscardSymbol or IPreprocessingSymbol or IAliasSymbol:
                break;
            case ITypeSymbol type:
                CheckType(node, type);
                break;
            case ILocalSymbol local:
                CheckType(node, local.Type);
                break;
            case IParameterSymbol parameter:
                CheckType(node, parameter.Type);
                break;
            case IMethodSymbol method:
                CheckMember(node, method.ReducedFrom ?? method);
                CheckType(node, method.ReturnType);
                foreach (var parameter in method.Parameters)
                {
                    CheckType(node, parameter.Type);
                }

                foreach (var argument in method.TypeArguments)
                {
                    CheckType(node, argument);
                }

                break;
            case IPropertySymbol property:
                CheckMember(node, property);
                CheckType(node, property.Type);
                break;
            case IFieldSymbol field:
                CheckMember(node, field);
                CheckType(node, field.Type);
                break;
            default:
                throw Refused(node, symbol.ToDisplayString());
        }
    }

    private void CheckMember(SyntaxNode node, ISymbol member)
    {
        if (member.ContainingType is not { } type)
        {
            return;
        }

        CheckType(node, type);
        var name = member is IMethodSymbol { AssociatedSymbol: { } property } ? property.Name : member.Name;
        if (!SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, _own) && !AllowedApi.IsAllowedMember(FullName(type), name))
        {
            throw Refused(node, $"{FullName(type)}.{name}");
        }
    }

    private void CheckType(SyntaxNode node, ITypeSymbol? type)
    {
        if (type is null || _passed.Contains(type))
        {
            return;
        }

        // First, so that a type that names itself in its arguments comes to an end.
        _passed.Add(type);
        switch (type)
        {
            case IArrayTypeSymbol array:
                CheckType(node, array.ElementType);
                break;
            case ITypeParameterSymbol:
                break;
            case INamedTypeSymbol named:
                CheckNamed(node, named);
                break;
            case IDynamicTypeSymbol:
                throw Refused(node, "dynamic: what is called is not known before it runs");
            default:
                throw Refused(node, type.ToDisplayString());
        }
    }

    private void CheckNamed(SyntaxNode node, INamedTypeSymbol type)
    {
        foreach (var argument in type.TypeArguments)
        {
            CheckType(node, argument);
        }

        var outermost = type.OriginalDefinition;
        while (outermost.ContainingType is { } around)
        {
            outermost = around;
        }

        // Anonymous types and delegates that the compiler makes are the source's own, too.
        if (!SymbolEqualityComparer.Default.Equals(outermost.ContainingAssembly, _own)
            && !(type.IsAnonymousType || AllowedApi.IsAllowed(outermost.ContainingNamespace?.ToDisplayString() ?? "", outermost.MetadataName)))
        {
            throw Refused(node, type.ToDisplayString());
        }
    }

    /// <summary>
    /// Source is looked at before the code that counts its steps is added. In these namespaces it could declare what that code calls, or come to see that code and call it.
    /// </summary>
    private static string? OthersNamespace(NameSyntax name)
    {
        while (name is QualifiedNameSyntax qualified)
        {
            name = qualified.Left;
        }

        return name is SimpleNameSyntax { Identifier.ValueText: "System" or "Microsoft" or "OrleansFlow" } first ? first.Identifier.ValueText : null;
    }

    private static string FullName(INamedTypeSymbol type) => $"{type.OriginalDefinition.ContainingNamespace?.ToDisplayString()}.{type.OriginalDefinition.MetadataName}";

    private FlowException Refused(SyntaxNode node, string what)
    {
        var place = node.GetLocation().GetMappedLineSpan();
        return _signature.Bad(string.Create(
            CultureInfo.InvariantCulture,
            $"line {place.StartLinePosition.Line + 1}, column {place.StartLinePosition.Character + 1}: {what} is not allowed in functions; they compute with values, collections and texts only"));
    }
}
