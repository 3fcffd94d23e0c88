using System.Globalization;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Inputs;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Inputs;

/// <summary>What the adapters that read artifacts have in common: their arguments, their place, and what an artifact's maker noted.</summary>
internal static class ArtifactPull
{
    private const string FormKey = "orleansflow.form";

    /// <summary>What to ask for; null when there is nothing to read from.</summary>
    /// <param name="call">The arguments.</param>
    /// <param name="options">The worker's defaults.</param>
    /// <param name="after">Sequence of the last artifact that is not wanted any more.</param>
    public static ArtifactRequest? Of(AdapterCall call, InputAdapterOptions options, long after)
    {
        var nodes = call.Texts("from_nodes") ?? (call.Has("from_node") ? [call.Text("from_node")] : null);
        if (nodes is { Count: 0 } || call.Context.Parents.Count == 0)
        {
            return null;
        }

        var isDivided = call.Context.TaskCount > 1 && call.Text("share", "divide") == "divide";
        var pull = new ReadInputs
        {
            Pull = true,
            After = after,
            KeepOpen = !call.Boolean("eof_on_task_done", true),
            ShareIndex = isDivided ? call.Context.TaskId.Index : 0,
            ShareCount = isDivided ? call.Context.TaskCount : 1,
            PollMs = (int)call.WholeNumber("poll_ms", (long)options.PollDefault.TotalMilliseconds),
            BackoffMaxMs = (int)call.WholeNumber("backoff_max_ms", (long)options.BackoffMax.TotalMilliseconds),
        };
        pull.Nodes.Add(nodes ?? []);
        return new ArtifactRequest { Pull = pull };
    }

    /// <summary>Where the artifacts of an attempt come from.</summary>
    public static IArtifactSource SourceOf(AdapterCall call) => call.Context as IArtifactSource
        ?? throw new InvalidOperationException($"Input adapter '{call.Adapter}' reads artifacts through the worker; {call.Context.GetType()} is no context of one.");

    /// <summary>The place after an artifact, or after some of its pieces.</summary>
    public static string Place(long sequence, int? pieces = null) => pieces is { } done
        ? string.Create(CultureInfo.InvariantCulture, $"{sequence - 1}+{done}")
        : sequence.ToString(CultureInfo.InvariantCulture);

    /// <summary>Sequence of the last artifact that is done, and how many pieces of the next one are.</summary>
    public static (long After, int Pieces) ReadPlace(AdapterCall call)
    {
        if (call.Position is not { } position)
        {
            return (0, 0);
        }

        var parts = position.Split('+');
        return parts.Length <= 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var after)
            ? (after, parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pieces) ? pieces : 0)
            : throw new FormatException($"'{position}' is no place that input adapter '{call.Adapter}' gave out.");
    }

    /// <summary>What the maker of an artifact noted instead of rows: the one document of a JSON batch. Undefined for a batch of rows.</summary>
    public static JsonElement MetaOf(RecordBatch batch) =>
        batch.RowCount == 1 && batch.Schema.Metadata.Any(pair => pair is { Key: FormKey, Value: "json" }) && batch.Column(0) is StringArray texts && texts.GetString(0) is { } json
            ? JsonElement.Parse(json)
            : default;
}
