using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <content>
/// Code that stands in no body: what fields and properties of an object begin with and what is handed to another constructor run before the constructor's body, and a class may have
/// none at all, so an object that makes another one of its kind there would never be counted. Parts of queries are lambdas that are not written as such.
/// </content>
internal sealed partial class StepCounting
{
    private static readonly ExpressionSyntax StepTaken = SyntaxFactory.ParseExpression(CallText.StepTaken);
    private static readonly ExpressionSyntax Never = SyntaxFactory.ParseExpression("throw null!");

    public override SyntaxNode? VisitFieldDeclaration(FieldDeclarationSyntax node)
    {
        var made = (FieldDeclarationSyntax)base.VisitFieldDeclaration(node)!;
        return made.Modifiers.Any(SyntaxKind.ConstKeyword) || made.Modifiers.Any(SyntaxKind.StaticKeyword)
            ? made
            : made.WithDeclaration(made.Declaration.WithVariables(SyntaxFactory.SeparatedList(
                made.Declaration.Variables.Select(one => one.WithInitializer(Counted(one.Initializer, made.Declaration.Type))),
                made.Declaration.Variables.GetSeparators())));
    }

    public override SyntaxNode? VisitConstructorInitializer(ConstructorInitializerSyntax node) =>
        ((ConstructorInitializerSyntax)base.VisitConstructorInitializer(node)!) is var made ? made.WithArgumentList(Counted(made.ArgumentList)) : null;

    public override SyntaxNode? VisitPrimaryConstructorBaseType(PrimaryConstructorBaseTypeSyntax node) =>
        ((PrimaryConstructorBaseTypeSyntax)base.VisitPrimaryConstructorBaseType(node)!) is var made ? made.WithArgumentList(Counted(made.ArgumentList)) : null;

    public override SyntaxNode? VisitFromClause(FromClauseSyntax node) => ((FromClauseSyntax)base.VisitFromClause(node)!) is var made ? made.WithExpression(Counted(made.Expression)) : null;

    public override SyntaxNode? VisitLetClause(LetClauseSyntax node) => ((LetClauseSyntax)base.VisitLetClause(node)!) is var made ? made.WithExpression(Counted(made.Expression)) : null;

    public override SyntaxNode? VisitWhereClause(WhereClauseSyntax node) => ((WhereClauseSyntax)base.VisitWhereClause(node)!) is var made ? made.WithCondition(Counted(made.Condition)) : null;

    public override SyntaxNode? VisitOrdering(OrderingSyntax node) => ((OrderingSyntax)base.VisitOrdering(node)!) is var made ? made.WithExpression(Counted(made.Expression)) : null;

    public override SyntaxNode? VisitSelectClause(SelectClauseSyntax node) => ((SelectClauseSyntax)base.VisitSelectClause(node)!) is var made ? made.WithExpression(Counted(made.Expression)) : null;

    public override SyntaxNode? VisitJoinClause(JoinClauseSyntax node) =>
        ((JoinClauseSyntax)base.VisitJoinClause(node)!) is var made ? made.WithLeftExpression(Counted(made.LeftExpression)).WithRightExpression(Counted(made.RightExpression)) : null;

    public override SyntaxNode? VisitGroupClause(GroupClauseSyntax node) =>
        ((GroupClauseSyntax)base.VisitGroupClause(node)!) is var made ? made.WithGroupExpression(Counted(made.GroupExpression)).WithByExpression(Counted(made.ByExpression)) : null;

    private static EqualsValueClauseSyntax? Counted(EqualsValueClauseSyntax? initializer, TypeSyntax type)
    {
        if (initializer is null || initializer.Value is RefExpressionSyntax)
        {
            return initializer;
        }

        // An array may be written as its items alone, which is an expression only with its type before it.
        var value = initializer.Value is InitializerExpressionSyntax items
            ? SyntaxFactory.ArrayCreationExpression((ArrayTypeSyntax)(type is NullableTypeSyntax nullable ? nullable.ElementType : type).WithoutTrivia(), items)
                .WithNewKeyword(SyntaxFactory.Token(SyntaxKind.NewKeyword).WithTrailingTrivia(SyntaxFactory.Space))
            : initializer.Value;
        return initializer.WithValue(Counted(value));
    }

    /// <summary>A variable that is handed over itself makes nothing.</summary>
    private static ArgumentListSyntax Counted(ArgumentListSyntax arguments) => arguments.WithArguments(SyntaxFactory.SeparatedList(
        arguments.Arguments.Select(one => one.RefKindKeyword.IsKind(SyntaxKind.None) ? one.WithExpression(Counted(one.Expression)) : one),
        arguments.Arguments.GetSeparators()));

    private static ParenthesizedExpressionSyntax Counted(ExpressionSyntax expression) =>
        SyntaxFactory.ParenthesizedExpression(SyntaxFactory.ConditionalExpression(StepTaken, SyntaxFactory.ParenthesizedExpression(expression.WithoutTrivia()), Never));
}
