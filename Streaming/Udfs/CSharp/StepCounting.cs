using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>
/// Makes each turn of a loop and each call of the source's own code a step that is counted. A call also looks whether the stack has room: a stack that overflows would
/// end the process. What the runtime's library does in one call is one step, however long it takes.
/// </summary>
/// <param name="model">Of the tree that is rewritten.</param>
internal sealed partial class StepCounting(SemanticModel model) : CSharpSyntaxRewriter
{
    private static readonly StatementSyntax Step = SyntaxFactory.ParseStatement(CallText.StepCall + ";");

    /// <summary>The same tree with steps.</summary>
    public static SyntaxTree Rewrite(SyntaxTree tree, SemanticModel model) =>
        tree.WithRootAndOptions(new StepCounting(model).Visit(tree.GetRoot()), tree.Options);

    public override SyntaxNode? VisitForStatement(ForStatementSyntax node) => ((ForStatementSyntax)base.VisitForStatement(node)!) is var made ? made.WithStatement(Counted(made.Statement)) : null;

    public override SyntaxNode? VisitWhileStatement(WhileStatementSyntax node) => ((WhileStatementSyntax)base.VisitWhileStatement(node)!) is var made ? made.WithStatement(Counted(made.Statement)) : null;

    public override SyntaxNode? VisitDoStatement(DoStatementSyntax node) => ((DoStatementSyntax)base.VisitDoStatement(node)!) is var made ? made.WithStatement(Counted(made.Statement)) : null;

    public override SyntaxNode? VisitForEachStatement(ForEachStatementSyntax node) => ((ForEachStatementSyntax)base.VisitForEachStatement(node)!) is var made ? made.WithStatement(Counted(made.Statement)) : null;

    public override SyntaxNode? VisitForEachVariableStatement(ForEachVariableStatementSyntax node) =>
        ((ForEachVariableStatementSyntax)base.VisitForEachVariableStatement(node)!) is var made ? made.WithStatement(Counted(made.Statement)) : null;

    public override SyntaxNode? VisitMethodDeclaration(MethodDeclarationSyntax node)
    {
        var (isVoid, made) = (IsVoid(node), (MethodDeclarationSyntax)base.VisitMethodDeclaration(node)!);
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithBody(BodyOf(arrow.Expression, isVoid))
            : made.Body is { } body ? made.WithBody(Counted(body)) : made;
    }

    public override SyntaxNode? VisitLocalFunctionStatement(LocalFunctionStatementSyntax node)
    {
        var (isVoid, made) = (IsVoid(node), (LocalFunctionStatementSyntax)base.VisitLocalFunctionStatement(node)!);
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithBody(BodyOf(arrow.Expression, isVoid))
            : made.Body is { } body ? made.WithBody(Counted(body)) : made;
    }

    public override SyntaxNode? VisitConstructorDeclaration(ConstructorDeclarationSyntax node)
    {
        var made = (ConstructorDeclarationSyntax)base.VisitConstructorDeclaration(node)!;
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithBody(BodyOf(arrow.Expression, isVoid: true))
            : made.Body is { } body ? made.WithBody(Counted(body)) : made;
    }

    public override SyntaxNode? VisitOperatorDeclaration(OperatorDeclarationSyntax node)
    {
        var made = (OperatorDeclarationSyntax)base.VisitOperatorDeclaration(node)!;
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithBody(BodyOf(arrow.Expression, isVoid: false))
            : made.Body is { } body ? made.WithBody(Counted(body)) : made;
    }

    public override SyntaxNode? VisitConversionOperatorDeclaration(ConversionOperatorDeclarationSyntax node)
    {
        var made = (ConversionOperatorDeclarationSyntax)base.VisitConversionOperatorDeclaration(node)!;
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithBody(BodyOf(arrow.Expression, isVoid: false))
            : made.Body is { } body ? made.WithBody(Counted(body)) : made;
    }

    public override SyntaxNode? VisitAccessorDeclaration(AccessorDeclarationSyntax node)
    {
        var made = (AccessorDeclarationSyntax)base.VisitAccessorDeclaration(node)!;
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithBody(BodyOf(arrow.Expression, !made.IsKind(SyntaxKind.GetAccessorDeclaration)))
            : made.Body is { } body ? made.WithBody(Counted(body)) : made;
    }

    public override SyntaxNode? VisitPropertyDeclaration(PropertyDeclarationSyntax node)
    {
        var made = (PropertyDeclarationSyntax)base.VisitPropertyDeclaration(node)!;
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(GetterOf(arrow.Expression))
            : made.Initializer is null || made.Modifiers.Any(SyntaxKind.StaticKeyword) ? made : made.WithInitializer(Counted(made.Initializer, made.Type));
    }

    public override SyntaxNode? VisitIndexerDeclaration(IndexerDeclarationSyntax node)
    {
        var made = (IndexerDeclarationSyntax)base.VisitIndexerDeclaration(node)!;
        return made.ExpressionBody is { } arrow
            ? made.WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(GetterOf(arrow.Expression))
            : made;
    }

    public override SyntaxNode? VisitSimpleLambdaExpression(SimpleLambdaExpressionSyntax node)
    {
        var (isVoid, made) = (IsVoid(node), (SimpleLambdaExpressionSyntax)base.VisitSimpleLambdaExpression(node)!);
        return made.WithBody(made.Body is BlockSyntax block ? Counted(block) : BodyOf((ExpressionSyntax)made.Body, isVoid));
    }

    public override SyntaxNode? VisitParenthesizedLambdaExpression(ParenthesizedLambdaExpressionSyntax node)
    {
        var (isVoid, made) = (IsVoid(node), (ParenthesizedLambdaExpressionSyntax)base.VisitParenthesizedLambdaExpression(node)!);
        return made.WithBody(made.Body is BlockSyntax block ? Counted(block) : BodyOf((ExpressionSyntax)made.Body, isVoid));
    }

    public override SyntaxNode? VisitAnonymousMethodExpression(AnonymousMethodExpressionSyntax node)
    {
        var made = (AnonymousMethodExpressionSyntax)base.VisitAnonymousMethodExpression(node)!;
        return made.WithBlock(Counted(made.Block));
    }

    private static BlockSyntax Counted(StatementSyntax statement) =>
        statement is BlockSyntax block ? block.WithStatements(block.Statements.Insert(0, Step)) : SyntaxFactory.Block(Step, statement);

    private static AccessorListSyntax GetterOf(ExpressionSyntax expression) => SyntaxFactory.AccessorList(SyntaxFactory.SingletonList(
        SyntaxFactory.AccessorDeclaration(SyntaxKind.GetAccessorDeclaration, BodyOf(expression, isVoid: false))));

    private static BlockSyntax BodyOf(ExpressionSyntax expression, bool isVoid)
    {
        var bare = expression.WithoutTrivia();
        StatementSyntax last = bare switch
        {
            ThrowExpressionSyntax thrown => SyntaxFactory.ThrowStatement(thrown.Expression.WithLeadingTrivia(SyntaxFactory.Space)),
            _ when isVoid => SyntaxFactory.ExpressionStatement(bare),
            _ => SyntaxFactory.ReturnStatement(bare.WithLeadingTrivia(SyntaxFactory.Space)),
        };
        return SyntaxFactory.Block(Step, last);
    }

    private bool IsVoid(SyntaxNode node) => (model.GetDeclaredSymbol(node) ?? model.GetSymbolInfo(node).Symbol) is IMethodSymbol { ReturnsVoid: true };
}
