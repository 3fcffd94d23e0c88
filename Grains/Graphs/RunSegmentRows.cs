using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>What a run was submitted with. Written once. The plan is compiled again from it when the run is read.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunPlanRow")]
internal sealed class RunPlanRow
{
    [Id(0), JsonPropertyName("document"), JsonConverter(typeof(LongTextConverter))]
    public string DocumentJson { get; set; } = "";

    [Id(1), JsonPropertyName("files"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Dictionary<string, string>? Files { get; set; }

    [Id(2), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>The key by which its submitter knows it; null for none.</summary>
    [Id(3), JsonPropertyName("key"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? IdempotencyKey { get; set; }

    /// <summary>The task of another run that this run is; null for none.</summary>
    [Id(4), JsonPropertyName("parent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Parent { get; set; }
}

/// <summary>Some neighbouring nodes of a run.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunNodesRow")]
internal sealed class RunNodesRow
{
    /// <summary>Nodes of one segment.</summary>
    public const int Size = 16;

    [Id(0), JsonPropertyName("nodes")]
    public List<NodeRow> Nodes { get; set; } = [];

    [Id(1), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }
}

/// <summary>Some neighbouring tasks of a run, counted through all its nodes.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunTasksRow")]
internal sealed class RunTasksRow
{
    /// <summary>Tasks of one segment.</summary>
    public const int Size = 64;

    /// <summary>Format in which results may have rows of their own.</summary>
    public const int WithResultRows = 2;

    /// <summary>Format in which tasks may make lost batches again.</summary>
    public const int WithRemakes = 3;

    /// <summary>Null for a task of which nothing is to be said but what its node says.</summary>
    [Id(0), JsonPropertyName("tasks")]
    public List<TaskLeaseRow?> Tasks { get; set; } = [];

    /// <summary>
    /// <see cref="WithResultRows"/> when one of its results is in a row of its own, <see cref="WithRemakes"/> when one of its tasks makes, or made,
    /// batches again: older versions would not look for either.
    /// </summary>
    [Id(1), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value, WithRemakes); }

    /// <summary>Names of the rows that hold results of these tasks.</summary>
    public IEnumerable<string> ResultRows() => Tasks.Select(task => task?.ResultRow).OfType<string>();
}

/// <summary>A result that is too long to be written again with each neighbour of its task. Written once, as results are.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunResultRow")]
internal sealed class RunResultRow
{
    /// <summary>Longest result, in characters, that stands with its task.</summary>
    public const int InlineCharsMax = 512;

    [Id(0), JsonPropertyName("result")]
    public string ResultJson { get; set; } = "";

    [Id(1), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }
}

/// <summary>The items of a scattered node. Written once.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunItemsRow")]
internal sealed class RunItemsRow
{
    /// <summary>Each as JSON.</summary>
    [Id(0), JsonPropertyName("items")]
    public List<string> Items { get; set; } = [];

    [Id(1), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }
}

/// <summary>A run's variables.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunVariablesRow")]
internal sealed class RunVariablesRow
{
    /// <summary>One JSON object.</summary>
    [Id(0), JsonPropertyName("vars")]
    public string VariablesJson { get; set; } = "{}";

    [Id(1), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }
}

/// <summary>Accepted batches of a run in order of acceptance. A segment that is full is never written again.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunBatchesRow")]
internal sealed class RunBatchesRow
{
    /// <summary>Batches of one segment.</summary>
    public const int Size = 128;

    /// <summary>Format in which a batch may take the place of an earlier one.</summary>
    public const int WithReplacements = 2;

    [Id(0), JsonPropertyName("batches")]
    public List<RunBatchRow> Batches { get; set; } = [];

    /// <summary><see cref="WithReplacements"/> when one of them does, which older versions would not see.</summary>
    [Id(1), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value, WithReplacements); }

    public static RunBatchesRow Of(IEnumerable<RunBatchRow> batches)
    {
        var row = new RunBatchesRow { Batches = [.. batches] };
        row.Format = row.Batches.Exists(batch => batch.Replaces > 0) ? WithReplacements : 0;
        return row;
    }
}

/// <summary>One accepted batch; its sequence is its place, its number the place among those of its task.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunBatchRow")]
internal sealed class RunBatchRow
{
    /// <summary>Position of the task, counted through all nodes.</summary>
    [Id(0), JsonPropertyName("t")]
    public int Task { get; set; }

    [Id(1), JsonPropertyName("e")]
    public long Epoch { get; set; }

    [Id(2), JsonPropertyName("r")]
    public long Rows { get; set; }

    [Id(3), JsonPropertyName("b")]
    public long Bytes { get; set; }

    [Id(4), JsonPropertyName("p")]
    public string Path { get; set; } = "";

    [Id(5), JsonPropertyName("u"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Uid { get; set; }

    [Id(6), JsonPropertyName("i"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? InputPosition { get; set; }

    /// <summary>What was reported with it.</summary>
    [Id(7), JsonPropertyName("m"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Dictionary<string, double>? Metrics { get; set; }

    /// <summary>For a batch that was lost and made again: its number, counted from 1, among those of its task. 0: it comes after them.</summary>
    [Id(8), JsonPropertyName("n"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Replaces { get; set; }

    public static RunBatchRow Of(int task, AcceptedBatch batch, int replaces = 0) => new()
    {
        Task = task,
        Replaces = replaces,
        Epoch = batch.Epoch,
        Rows = batch.Rows,
        Bytes = batch.Bytes,
        Path = batch.Path,
        Uid = batch.Uid,
        InputPosition = batch.InputPosition,
        Metrics = batch.Metrics is { } metrics ? new Dictionary<string, double>(metrics) : null,
    };

    public AcceptedBatch ToBatch(long sequence) => new(Epoch, Rows, Bytes, Path, sequence, Metrics?.ToImmutableSortedDictionary(StringComparer.Ordinal)) { Uid = Uid, InputPosition = InputPosition };
}
