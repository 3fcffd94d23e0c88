namespace OrleansFlow.Decisions.Expressions;

/// <summary>Named values: what an expression's paths begin with, or the members of an object.</summary>
public interface IExpressionScope
{
    /// <summary>How many names it has.</summary>
    int Count { get; }

    /// <summary>The value of a name; null when there is none.</summary>
    ExpressionValue Find(string name);
}
