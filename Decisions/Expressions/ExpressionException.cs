namespace OrleansFlow.Decisions.Expressions;

/// <summary>A text that is no expression.</summary>
/// <param name="message">What is wrong, and the way out.</param>
/// <param name="position">Where, in characters from 0.</param>
public sealed class ExpressionException(string message, int position) : Exception($"position {position + 1}: {message}")
{
    /// <summary>Where, in characters from 0.</summary>
    public int Position { get; } = position;
}
