using System.Text.Json;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Execution;

/// <summary>Writes down what follows from a step.</summary>
internal sealed class StepCollector(JsonSerializerOptions? json)
{
    private readonly List<ItemSeed> _successors = [];
    private readonly List<Payload> _outputs = [];

    public void Add<T>(int node, T value)
    {
        var payload = new Payload(JsonSerializer.SerializeToUtf8Bytes(value, json));
        if (node == CompiledEdge.End)
        {
            _outputs.Add(payload);
        }
        else
        {
            _successors.Add(new ItemSeed(node, payload));
        }
    }

    public StepOutcome ToOutcome(DateTimeOffset? dueUtc = null, TimeSpan? dueIn = null) =>
        new() { Successors = [.. _successors], Outputs = [.. _outputs], DueUtc = dueUtc, DueIn = dueIn };
}
