using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>The gateway's end of a session as far as jobs go: it takes every report that comes.</summary>
internal sealed class JobGateway(ScriptedSession session) : IAsyncDisposable
{
    private readonly List<WorkerEvent> _told = [];
    private readonly Dictionary<long, JobReceipt> _receipts = [];
    private bool _isDraining;

    public ScriptedSession Session => session;

    /// <summary>Told stale with each report.</summary>
    public List<JobContext> Stale { get; } = [];

    /// <summary>Orders that were answered, in the order of their receipts.</summary>
    public List<long> Answered { get; } = [];

    /// <summary>Numbers of the reports that came.</summary>
    public List<long> Sequences { get; } = [];

    public ValueTask OrderAsync(params JobOrder[] orders) => session.SendAsync(new SiloMessage { JobOrders = new JobOrders { Orders = { orders } } });

    public async Task<JobReceipt> ReceiptAsync(long orderId)
    {
        await UntilAsync(() => _receipts.ContainsKey(orderId));
        return _receipts[orderId];
    }

    /// <summary>Reads until it was reported as often as is awaited.</summary>
    /// <returns>All that was reported.</returns>
    public async Task<List<WorkerEvent>> ReportedAsync(Func<WorkerEvent, bool> isAwaited, int times)
    {
        await UntilAsync(() => _told.Count(isAwaited) >= times);
        return [.. _told];
    }

    public Task DrainingAsync() => UntilAsync(() => _isDraining);

    /// <summary>Reads to the worker's good-bye, and ends the stream.</summary>
    public async Task ToTheEndAsync()
    {
        while (await session.NextAsync() is { } message)
        {
            await MeetAsync(message);
        }

        session.End();
    }

    /// <summary>Keeps the events of a report that is new.</summary>
    public void Hear(JobReport report)
    {
        if (!Sequences.Contains(report.Sequence))
        {
            _told.AddRange(report.Events);
        }

        Sequences.Add(report.Sequence);
    }

    /// <summary>Answers a report.</summary>
    public ValueTask TakeAsync(JobReport report) =>
        session.SendAsync(new SiloMessage { JobReportReceipt = new JobReportReceipt { Sequence = report.Sequence, Stale = { Stale } } });

    public ValueTask DisposeAsync() => session.DisposeAsync();

    private async Task UntilAsync(Func<bool> isReached)
    {
        while (!isReached())
        {
            await MeetAsync(await session.NextAsync() ?? throw new InvalidOperationException("The worker said good-bye."));
        }
    }

    private async Task MeetAsync(WorkerMessage message)
    {
        switch (message.KindCase)
        {
            case WorkerMessage.KindOneofCase.JobReceipts:
                foreach (var receipt in message.JobReceipts.Receipts)
                {
                    _receipts.Add(receipt.OrderId, receipt);
                    Answered.Add(receipt.OrderId);
                }

                break;
            case WorkerMessage.KindOneofCase.JobReport:
                Hear(message.JobReport);
                await TakeAsync(message.JobReport);
                break;
            case WorkerMessage.KindOneofCase.Draining:
                _isDraining = true;
                break;
            default:
                break;
        }
    }
}
