using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>The rows of a typed function.</summary>
internal static class FunctionSchemas
{
    /// <summary>What comes in and what goes out.</summary>
    /// <exception cref="FlowException">The program does not say it (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static (ArrowSchema Input, ArrowSchema Output) Of(OperatorDefinition definition) => definition.InputSchemas is [{ } input] && definition.OutputSchema is { } output
        ? (input, output)
        : throw new FlowException(FlowErrorCode.BadGraph, $"Function operator '{definition.Id}' needs one input, and the program has to say what rows come in and go out.");

    /// <summary>Reads keys from rows that have the columns of the key only.</summary>
    public static RecordReader<TKey> KeyReader<TKey>(OperatorDefinition definition, ArrowSchema input, IReadOnlyList<string> keyColumns)
    {
        var fields = keyColumns.Select(name => input.Fields.FirstOrDefault(field => string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new FlowException(FlowErrorCode.BadGraph, $"Function operator '{definition.Id}' has the key column '{name}', which the rows ({input}) do not have."));
        return new RecordReader<TKey>(new ArrowSchema([.. fields]), definition.Id, [.. Enumerable.Range(0, keyColumns.Count)]);
    }
}
