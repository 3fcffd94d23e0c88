using Google.Protobuf.Collections;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Sessions;

/// <content>What the jobs say, and what the gateway answers.</content>
internal sealed partial class SessionJobs
{
    // A report stays far below the largest message that the gateway takes, unless a single event is larger.
    private const int ReportEventsMax = 256;
    private const int ReportBytesMax = 1024 * 1024;

    /// <summary>The gateway has a report.</summary>
    public void OnReceipt(JobReportReceipt receipt)
    {
        lock (_gate)
        {
            if (receipt.Sequence != _report?.Sequence)
            {
                return;
            }

            _report = null;
            _reportTaken?.TrySetResult();
            if (receipt.Stale.Count > 0)
            {
                OwnWhileLocked(() => LetGoAsync(receipt.Stale));
            }
        }
    }

    private async Task ReportAsync()
    {
        var events = _host.Events.Reader;
        var sequence = 0L;
        try
        {
            while (await events.WaitToReadAsync(_ending.Token))
            {
                var report = new JobReport { Sequence = ++sequence };
                for (var bytes = 0; report.Events.Count < ReportEventsMax && bytes < ReportBytesMax && events.TryRead(out var said);)
                {
                    report.Events.Add(said);
                    bytes += said.CalculateSize();
                }

                var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                lock (_gate)
                {
                    (_report, _reportTaken) = (report, taken);
                    if (_stream > 0)
                    {
                        _outbox.AddControl(new WorkerMessage { JobReport = report });
                    }
                }

                await taken.Task.WaitAsync(_ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The session ends.
        }
        catch (Exception exception)
        {
            _failed(exception);
        }
    }

    private async Task LetGoAsync(RepeatedField<JobContext> stale)
    {
        try
        {
            LogStale(stale.Count);
            await _host.LetGoAsync(stale, _ending.Token);
        }
        catch (Exception exception)
        {
            // The next report of such a run names it again.
            LogRefused(JobOrder.CallOneofCase.Finished, stale[0].JobId, exception);
        }
    }
}
