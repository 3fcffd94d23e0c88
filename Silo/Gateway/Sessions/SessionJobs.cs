using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Silo.Gateway.Errors;
using Wire = OrleansFlow.Protocol.Worker.V1;
using JobWire = OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>What travels in a session for streaming jobs: orders to the worker and its receipts, its reports and the gateway's receipts.</summary>
/// <remarks>
/// One report is under way at a time; while it is handed to its jobs the session reads no second one. A report that a job cannot take for now is tried again; if that does not
/// help, the session ends, and the worker sends the report again on its next one.
/// </remarks>
internal sealed partial class SessionJobs(IGrainFactory grains, string workerId, JobHostRegistration? registration, SessionOutbox outbox, TimeProvider clock, ILogger logger)
{
    private const int TriesMax = 8;
    private const int EventsMax = 65_536;
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly Channel<JobWire.JobReport> _reports = Channel.CreateBounded<JobWire.JobReport>(new BoundedChannelOptions(1) { SingleReader = true });

    private IJobHostGrain Host => grains.GetGrain<IJobHostGrain>(workerId);

    /// <summary>Attaches the session and sends orders until another session begins. A worker without slots for jobs waits for the end.</summary>
    public async Task PumpOrdersAsync(CancellationToken cancellationToken)
    {
        if (registration is null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken);
            return;
        }

        await Host.AttachAsync(registration, cancellationToken);
        await foreach (var order in Host.OrdersAsync(registration.SessionId, cancellationToken).WithCancellation(cancellationToken))
        {
            var wire = JobWire.JobOrder.Parser.ParseFrom(order.Order);
            wire.OrderId = order.OrderId;
            await outbox.SendAsync(new Wire.SiloMessage { JobOrders = new JobWire.JobOrders { Orders = { wire } } }, cancellationToken);
        }
    }

    /// <summary>Takes a report; waits while one is under way.</summary>
    public ValueTask ReportAsync(JobWire.JobReport report, CancellationToken cancellationToken)
    {
        if (registration is null)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Worker '{workerId}' reports of streaming jobs, and registered without slots for them (job_slots).");
        }

        if (report.Events.Count > EventsMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Worker '{workerId}' reports {report.Events.Count} events at once; at most {EventsMax} are taken.");
        }

        foreach (var said in report.Events)
        {
            if (said.Context is not { JobId.Length: > 0 } context || context.WorkerId != workerId)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Worker '{workerId}' reports an event of job '{said.Context?.JobId}' as worker '{said.Context?.WorkerId}'.");
            }
        }

        return _reports.Writer.WriteAsync(report, cancellationToken);
    }

    /// <summary>Hands reports to their jobs and answers them, until <see cref="FinishReports"/>.</summary>
    public async Task PumpReportsAsync(CancellationToken cancellationToken)
    {
        // Not ReadAllAsync, which waits outside the scheduler that the session runs on.
        while (await _reports.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_reports.Reader.TryRead(out var report))
            {
                var jobs = report.Events.GroupBy(said => said.Context.JobId, StringComparer.Ordinal);
                var stale = await Task.WhenAll(jobs.Select(job => ReportAsync(job.Key, [.. job], cancellationToken)));
                var receipt = new JobWire.JobReportReceipt { Sequence = report.Sequence, Stale = { stale.SelectMany(one => one) } };
                await outbox.SendAsync(new Wire.SiloMessage { JobReportReceipt = receipt }, cancellationToken);
            }
        }
    }

    /// <summary>No report will come.</summary>
    public void FinishReports() => _reports.Writer.TryComplete();

    public Task AnswerAsync(JobWire.JobReceipts message, CancellationToken cancellationToken) => registration is null
        ? Task.CompletedTask
        : Host.AnswerAsync(registration.SessionId, [.. message.Receipts.Select(one => new JobHostReceipt(one.OrderId, one.ErrorCode, one.Message))], cancellationToken);

    public Task DrainAsync(CancellationToken cancellationToken) => registration is null ? Task.CompletedTask : Host.DrainAsync(registration.SessionId, cancellationToken);

    public Task DetachAsync(bool isClean, CancellationToken cancellationToken) => registration is null ? Task.CompletedTask : Host.DetachAsync(registration.SessionId, isClean, cancellationToken);

    private async Task<IEnumerable<JobWire.JobContext>> ReportAsync(string jobId, List<JobWire.WorkerEvent> events, CancellationToken cancellationToken)
    {
        var messages = events.ConvertAll(said => said.ToByteArray());
        var wait = FirstWait;
        for (var tries = 1; ; tries++)
        {
            try
            {
                var stale = await grains.GetGrain<IStreamJobGrain>(jobId).ReportAsync(messages, cancellationToken);
                return stale.Select(run => new JobWire.JobContext { WorkerId = run.Worker, JobId = jobId, Generation = run.Generation });
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                var failure = FlowFailures.Translate(exception);
                if (failure.Code == FlowErrorCode.BadInput)
                {
                    // It would be refused again. What the job lacks it finds out by its own waits.
                    LogRefused(exception, jobId, workerId, messages.Count);
                    return [];
                }

                if (tries == TriesMax)
                {
                    throw new FlowException(failure.Code, $"Streaming job '{jobId}' took no report of worker '{workerId}' in {TriesMax} tries: {failure.Message}", exception);
                }

                LogRetried(exception, jobId, workerId, tries);
            }

            await Task.Delay(wait, clock, cancellationToken);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    [LoggerMessage(EventId = 6227, Level = LogLevel.Warning, Message = "Streaming job {JobId} refused {EventCount} events of worker {WorkerId}; they are left out")]
    private partial void LogRefused(Exception exception, string jobId, string workerId, int eventCount);

    [LoggerMessage(EventId = 6228, Level = LogLevel.Warning, Message = "Streaming job {JobId} took no report of worker {WorkerId} (try {Tries}); it is given to it again")]
    private partial void LogRetried(Exception exception, string jobId, string workerId, int tries);
}
