using System.Text.Json.Serialization;
using OrleansFlow.Events;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Events;

/// <summary>Stored form of a fact that is not known as published.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunFactRow")]
internal sealed class RunFactRow
{
    [Id(0), JsonPropertyName("s")]
    public long Sequence { get; set; }

    [Id(1), JsonPropertyName("at")]
    public DateTimeOffset AtUtc { get; set; }

    [Id(2), JsonPropertyName("k")]
    public int Kind { get; set; }

    [Id(3), JsonPropertyName("st"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Status { get; set; }

    [Id(4), JsonPropertyName("n"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; set; }

    [Id(5), JsonPropertyName("t"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TaskIndex { get; set; }

    [Id(6), JsonPropertyName("e"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Epoch { get; set; }

    [Id(7), JsonPropertyName("w"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Worker { get; set; }

    [Id(8), JsonPropertyName("r"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; set; }

    [Id(9), JsonPropertyName("i"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Batch { get; set; }

    [Id(10), JsonPropertyName("rows"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Rows { get; set; }

    [Id(11), JsonPropertyName("b"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Bytes { get; set; }

    public static RunFactRow Of(RunFact fact) => new()
    {
        Sequence = fact.Sequence,
        AtUtc = fact.AtUtc,
        Kind = (int)fact.Kind,
        Status = (int?)fact.Status,
        Node = fact.Node,
        TaskIndex = fact.TaskIndex,
        Epoch = fact.Epoch,
        Worker = fact.Worker.IsDefault ? null : fact.Worker.Value,
        Reason = fact.Reason,
        Batch = fact.Batch,
        Rows = fact.Rows,
        Bytes = fact.Bytes,
    };

    public RunFact ToFact(RunId run) => new()
    {
        RunId = run,
        Sequence = Sequence,
        AtUtc = AtUtc,
        Kind = (RunFactKind)Kind,
        Status = (RunStatus?)Status,
        Node = Node,
        TaskIndex = TaskIndex,
        Epoch = Epoch,
        Worker = Worker is null ? default : new WorkerId(Worker),
        Reason = Reason,
        Batch = Batch,
        Rows = Rows,
        Bytes = Bytes,
    };
}
