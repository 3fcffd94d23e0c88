using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Events;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>One commit of a workflow's run: its events, in their order. Written once, never changed.</summary>
internal sealed class WorkflowLogRow
{
    private int _format = 1;

    /// <summary>Form of the row.</summary>
    public int Format
    {
        get => _format;
        set => _format = StateFormat.Known(value);
    }

    /// <summary>JSON of the events (<see cref="WorkflowEventJson"/>); <c>default</c> where a run was deleted.</summary>
    public Payload Events { get; set; }

    /// <summary>Of a deleted run: above all its epochs, so that nothing of it can be taken for a step of a later run with the same id.</summary>
    public long LastEpoch { get; set; }
}

/// <summary>A workflow's run as it was after some of its commits, so that reading it need not begin at the first.</summary>
internal sealed class WorkflowSnapshotRow
{
    private int _format = 1;

    /// <summary>Form of the row.</summary>
    public int Format
    {
        get => _format;
        set => _format = StateFormat.Known(value);
    }

    /// <summary>Name of the definition that <see cref="Run"/> is on.</summary>
    public string Workflow { get; set; } = "";

    /// <summary>Version of that definition.</summary>
    public int Version { get; set; }

    /// <summary>Number of the first commit that the run's history still has, beside commit 0.</summary>
    public long First { get; set; }

    /// <summary>Number of the first commit after the snapshot.</summary>
    public long Next { get; set; }

    /// <summary>The first commits of the links of which something is stored; null for the first link alone.</summary>
    public List<long>? Links { get; set; }

    /// <summary>JSON of the run (<see cref="WorkflowRunJson.WriteSnapshot"/>).</summary>
    public Payload Run { get; set; }

    /// <summary>Facts up to the snapshot that were not known as published when it was written; null for none, and where nothing is published.</summary>
    public List<RunFactRow>? Facts { get; set; }

    /// <summary>True: the run is being deleted, and what is left of it means nothing.</summary>
    public bool Deleting { get; set; }

    /// <summary>Of a run that is being deleted: as <see cref="WorkflowLogRow.LastEpoch"/>.</summary>
    public long LastEpoch { get; set; }
}

/// <summary>A definition as it was registered.</summary>
internal sealed class WorkflowDefinitionRow
{
    private int _format = 1;

    /// <summary>Form of the row.</summary>
    public int Format
    {
        get => _format;
        set => _format = StateFormat.Known(value);
    }

    /// <summary>JSON of the definition; <c>default</c> for none.</summary>
    public Payload Compiled { get; set; }
}

/// <summary>Which workflows are known.</summary>
internal sealed class WorkflowCatalogRow
{
    private int _format = 1;

    /// <summary>Form of the row.</summary>
    public int Format
    {
        get => _format;
        set => _format = StateFormat.Known(value);
    }

    /// <summary>By name, the versions, the lowest first.</summary>
    public SortedDictionary<string, List<int>> Workflows { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>The stored forms of workflows.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(WorkflowLogRow))]
[JsonSerializable(typeof(WorkflowSnapshotRow))]
[JsonSerializable(typeof(WorkflowDefinitionRow))]
[JsonSerializable(typeof(WorkflowCatalogRow))]
internal sealed partial class WorkflowJson : JsonSerializerContext;
