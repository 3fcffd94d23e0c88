using System.Globalization;
using System.Text;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Worker.Jobs.Metrics;

/// <summary>What subtasks have done, as families of metrics with the labels job_id, node_id, subtask_idx and operator_name. Rows count as messages.</summary>
internal static class JobMetrics
{
    private static readonly (string Name, string Help, bool IsCounter, Func<SubtaskCounters, double> Read)[] Known =
    [
        ("orleansflow_worker_messages_recv_total", "Rows that came into a subtask.", true, static one => one.MessagesReceived),
        ("orleansflow_worker_messages_sent_total", "Rows that left a subtask.", true, static one => one.MessagesSent),
        ("orleansflow_worker_bytes_recv_total", "Bytes of the batches that came into a subtask.", true, static one => one.BytesReceived),
        ("orleansflow_worker_bytes_sent_total", "Bytes of the batches that left a subtask.", true, static one => one.BytesSent),
        ("orleansflow_worker_batches_recv_total", "Batches that came into a subtask.", true, static one => one.BatchesReceived),
        ("orleansflow_worker_batches_sent_total", "Batches that left a subtask.", true, static one => one.BatchesSent),
        ("orleansflow_worker_tx_queue_size", "Rows that the outgoing queues of a subtask hold at most.", false, static one => one.SendQueueSize),
        ("orleansflow_worker_tx_queue_rem", "Rows for which the outgoing queues of a subtask have room.", false, static one => one.SendQueueRemaining),
        ("orleansflow_worker_tx_bytes", "Bytes of the batches that wait in the outgoing queues of a subtask.", false, static one => one.SendQueueBytes),
        ("orleansflow_worker_state_bytes", "Bytes of memory that the windows, waiting rows and totals of a subtask take.", false, static one => one.StateBytes),
        ("orleansflow_worker_spilled_bytes_total", "Bytes of state that a subtask wrote to files for want of memory.", true, static one => one.SpilledBytes),
        ("orleansflow_worker_spilled_files_total", "Files that a subtask wrote for want of memory.", true, static one => one.SpilledFiles),
        ("orleansflow_worker_channel_state_bytes_total", "Bytes of the rows on their way to a subtask that barriers overtook and checkpoints hold.", true, static one => one.ChannelStateBytes),
        ("orleansflow_worker_alignment_seconds_total", "Time that inputs of a subtask whose barrier was there waited for those of others.", true, static one => one.AlignmentTime.TotalSeconds),
        ("orleansflow_worker_deserialization_errors_total", "Rows that a subtask could not read, and other errors that it survived.", true, static one => one.NonfatalErrors),
    ];

    /// <summary>All families; each of them also without a value.</summary>
    public static IReadOnlyList<MetricFamily> Of(IReadOnlyList<(JobContext Context, IReadOnlyList<SubtaskCounters> Counters)> jobs) => [.. Known.Select(family => new MetricFamily(
        family.Name,
        family.Help,
        family.IsCounter,
        [.. jobs.SelectMany(job => job.Counters.Select(one => new MetricSample(LabelsOf(job.Context.JobId, one), family.Read(one))))]))];

    /// <summary>The families as the answer of <c>GetMetrics</c>.</summary>
    public static GetMetricsResponse ToResponse(IReadOnlyList<MetricFamily> families) => new() { Metrics = { families.Select(family => family.ToMessage()) } };

    /// <summary>The families as Prometheus scrapes them.</summary>
    public static string ToText(IReadOnlyList<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families)
        {
            family.WriteTo(text);
        }

        return text.ToString();
    }

    private static (string, string)[] LabelsOf(string jobId, SubtaskCounters one) =>
    [
        ("job_id", jobId), ("node_id", one.NodeId.ToString(CultureInfo.InvariantCulture)), ("subtask_idx", one.SubtaskIndex.ToString(CultureInfo.InvariantCulture)), ("operator_name", one.OperatorName),
    ];
}
