using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Worker.Jobs.Edges;

/// <summary>Names a channel between two workers: <c>streaming-job|JOB|GENERATION|EDGE|SOURCE|TARGET</c>. It is no right to anything; the token beside it is.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="Channel">Which channel.</param>
internal sealed record EdgeTicket(string JobId, long Generation, ChannelKey Channel)
{
    private const string Prefix = "streaming-job|";

    /// <summary>Subject of the token that lets rows of this run in.</summary>
    public string Subject => SubjectOf(JobId, Generation);

    /// <summary>Subject of the tokens of a run.</summary>
    public static string SubjectOf(string jobId, long generation) => string.Create(CultureInfo.InvariantCulture, $"{jobId}/{generation}");

    /// <summary>Whether a ticket is one of these.</summary>
    public static bool IsEdge(FlightTicket ticket) => ticket.Bytes.Span.StartsWith("streaming-job|"u8);

    /// <exception cref="FlowException">It is none (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public static EdgeTicket Read(FlightTicket ticket) =>
        ticket.AsText().Split('|') is [_, var job, var generation, var edge, var source, var target]
        && long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
        && TryInt(edge, out var edgeIndex) && TryInt(source, out var sourceIndex) && TryInt(target, out var targetIndex)
            ? new EdgeTicket(job, parsed, new ChannelKey(edgeIndex, sourceIndex, targetIndex))
            : throw new FlowException(FlowErrorCode.BadInput, "The ticket names no channel of a streaming job.");

    public FlightTicket Write() =>
        FlightTicket.FromText(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{JobId}|{Generation}|{Channel.Edge}|{Channel.Source}|{Channel.Target}"));

    private static bool TryInt(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
