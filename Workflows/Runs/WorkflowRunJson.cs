using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>The stored form of a run.</summary>
/// <remarks>Indexes are not stored: they follow from the items and are made again.</remarks>
public static class WorkflowRunJson
{
    /// <summary>Writes a run.</summary>
    /// <param name="run">The run.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Write(WorkflowRunState run) => JsonSerializer.SerializeToUtf8Bytes(run);

    /// <summary>Reads a run.</summary>
    /// <param name="utf8">What <see cref="Write"/> made.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: it is no run.</exception>
    public static WorkflowRunState Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var run = JsonSerializer.Deserialize<WorkflowRunState>(utf8) ?? throw new JsonException("The text is null.");
            return Indexed(run);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"The stored workflow run cannot be read: {error.Message}", error);
        }
    }

    private static WorkflowRunState Indexed(WorkflowRunState run)
    {
        var liveAt = new int[run.Workflow.Nodes.Length];
        foreach (var item in run.Items.Values)
        {
            liveAt[item.Node]++;
        }

        return run with
        {
            Pending = [.. run.Items.Values.Where(item => item.Status == WorkItemStatus.Pending).Select(item => item.Id)],
            Due = [.. run.Items.Values.Where(item => item.DueUtc is not null).Select(item => (item.DueUtc!.Value.UtcTicks, item.Id))],
            Lanes = [.. run.Items.Values.Where(item => item.Status == WorkItemStatus.InProgress).Select(item => item.Lane)],
            LiveAt = [.. liveAt],
        };
    }
}
