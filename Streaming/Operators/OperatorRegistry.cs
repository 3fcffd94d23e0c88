using System.Collections.Concurrent;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Operators;

/// <summary>What an operator is made from.</summary>
/// <param name="Id">Its id in the program.</param>
/// <param name="Kind">Which operator.</param>
/// <param name="Config">What it is told.</param>
/// <param name="InputSchemas">Rows that come in, by side; null where the program does not say.</param>
/// <param name="OutputSchema">Rows that go out; null for a sink.</param>
public sealed record OperatorDefinition(
    string Id, string Kind, ReadOnlyMemory<byte> Config, IReadOnlyList<ArrowSchema?> InputSchemas, ArrowSchema? OutputSchema);

/// <summary>Makes operators by their kind. Thread-safe; users add their own kinds.</summary>
public sealed class OperatorRegistry
{
    private readonly ConcurrentDictionary<string, Func<OperatorDefinition, StreamElement>> _makers = new(StringComparer.Ordinal);

    /// <summary>The kinds that it knows.</summary>
    public IReadOnlyCollection<string> Kinds => [.. _makers.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Adds a kind.</summary>
    /// <param name="kind">As programs name it.</param>
    /// <param name="make">Called once for each subtask; throws a <see cref="FlowException"/> when the config is wrong.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The kind is taken.</exception>
    public OperatorRegistry Add(string kind, Func<OperatorDefinition, StreamElement> make)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentNullException.ThrowIfNull(make);
        return _makers.TryAdd(kind, make) ? this : throw new ArgumentException($"There is an operator of kind '{kind}' already.", nameof(kind));
    }

    /// <summary>Makes an operator, which the caller disposes.</summary>
    /// <exception cref="FlowException">No operator of the kind (<see cref="FlowErrorCode.NoHandler"/>), or its config is wrong.</exception>
    public StreamElement Create(OperatorDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return _makers.TryGetValue(definition.Kind, out var make)
            ? make(definition)
            : throw new FlowException(
                FlowErrorCode.NoHandler, $"Operator '{definition.Id}' is of kind '{definition.Kind}', which this worker does not have; it has: {string.Join(", ", Kinds)}.");
    }
}
