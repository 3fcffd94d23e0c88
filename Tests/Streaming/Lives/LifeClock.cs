using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>The time of a life, by which its sources give out rows.</summary>
internal sealed class LifeClock
{
    /// <summary>Longer than any case's data takes, and shorter than what makes a silent input idle (5 minutes).</summary>
    private static readonly TimeSpan Whole = TimeSpan.FromMinutes(2);

    private long _dueRows;

    public ManualTimeProvider Time { get; } = new();

    /// <summary>Starts a life; returns when all subtasks have restored, so that time that passes from now on counts.</summary>
    public static async Task<Task> StartAsync(IAsyncEnumerable<WorkerEvent> events, int subtaskCount, Func<Task> runAsync)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = WatchAsync(events, subtaskCount, started);
        var run = runAsync();
        await await Task.WhenAny(started.Task, run, watching);
        return run;
    }

    /// <summary>Lets all time pass, and waits until the data is through.</summary>
    public async Task FinishAsync(Task run)
    {
        Time.Advance(Whole);
        await run;
    }

    /// <summary>Lets some more rows out, and waits until the sources have given them, but for a batch of each that still gathers.</summary>
    public async Task AdvanceAsync(LocalJob job, Task run, int rows, int gatheredMax, CancellationToken cancellationToken)
    {
        Time.Advance(TimeSpan.FromSeconds((double)rows / EventsSource.RowsPerSecond));
        _dueRows += rows;
        while (!run.IsCompleted && job.Counters.Where(one => one.MessagesReceived == 0).Sum(one => one.MessagesSent) < _dueRows - gatheredMax)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task WatchAsync(IAsyncEnumerable<WorkerEvent> events, int left, TaskCompletionSource started)
    {
        await foreach (var said in events)
        {
            if (said.TaskStarted is not null && --left == 0)
            {
                started.TrySetResult();
            }
        }
    }
}
