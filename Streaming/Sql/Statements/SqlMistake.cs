using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>Says where in a text something is wrong.</summary>
internal static class SqlMistake
{
    /// <summary>An error with line and column, both from 1.</summary>
    public static FlowException At(string text, int position, string message)
    {
        var before = text.AsSpan(0, position);
        var line = before.Count('\n') + 1;
        var column = position - (before.LastIndexOf('\n') + 1) + 1;
        return new FlowException(FlowErrorCode.BadInput, $"Line {line}, column {column}: {message}");
    }
}
