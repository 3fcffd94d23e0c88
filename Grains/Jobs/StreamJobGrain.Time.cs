using Microsoft.Extensions.Logging;
using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Grains.Jobs;

/// <content>Time: a timer for the next look while the grain is active, and a reminder that makes it active after its silo was lost.</content>
internal sealed partial class StreamJobGrain
{
    private static readonly TimeSpan TickRetry = TimeSpan.FromSeconds(5);

    private Task _reloading = Task.CompletedTask;
    private bool? _hasReminder;

    /// <summary>Activating the grain is what it is for: that reloads the job.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => EnsureReminderAsync(_pump.Committed.State);

    private async Task ReloadAsync()
    {
        try
        {
            await ApplyAsync(new JobCommand.Reload());
            await EnsureReminderAsync(Job);
        }
        catch (Exception exception)
        {
            // The store does not take the decision: the activation ends, and the reminder makes another one.
            LogNotDone(exception, Id, "reload");
        }
    }

    private void Arm(DateTimeOffset? atUtc)
    {
        _timer?.Dispose();
        _timer = null;
        if (atUtc is { } at && !_stopped.IsCancellationRequested)
        {
            var wait = at - _clock.GetUtcNow();
            Arm(wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1));
        }
    }

    private void Arm(TimeSpan wait) =>
        _timer = this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ApplyAsync(new JobCommand.Tick());
        }
        catch (Exception exception) when (!_stopped.IsCancellationRequested)
        {
            LogNotDone(exception, Id, "tick");
            Arm(TickRetry);
        }
    }

    /// <summary>A job that does not rest has a reminder.</summary>
    private async Task EnsureReminderAsync(StreamJob job)
    {
        var needsOne = job.Exists && !JobTransitions.IsAtRest(job.Status);
        if (_hasReminder == needsOne)
        {
            return;
        }

        if (needsOne)
        {
            await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
        }
        else if (await this.GetReminder(ReminderName) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }

        _hasReminder = needsOne;
    }

    private void Tell(JobOrder.Tell tell)
    {
        switch (tell.Kind)
        {
            case JobNews.StateChanged:
                LogMoved(Id, tell.Message);
                break;
            case JobNews.CheckpointCompleted:
                LogCheckpoint(Id, tell.Message);
                break;
            default:
                LogWarning(Id, tell.Message);
                break;
        }
    }

    [LoggerMessage(EventId = 3200, Level = LogLevel.Information, Message = "Streaming job {JobId}: {Change}")]
    private partial void LogMoved(string jobId, string change);

    [LoggerMessage(EventId = 3201, Level = LogLevel.Debug, Message = "Streaming job {JobId}: {News}")]
    private partial void LogCheckpoint(string jobId, string news);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Warning, Message = "Streaming job {JobId}: {News}")]
    private partial void LogWarning(string jobId, string news);

    [LoggerMessage(EventId = 3203, Level = LogLevel.Warning, Message = "Streaming job {JobId}: an order could not be carried out ({Lane}); the job is told, or tries again")]
    private partial void LogNotDone(Exception exception, string jobId, string lane);

    [LoggerMessage(EventId = 3204, Level = LogLevel.Debug, Message = "Streaming job {JobId}: an order ended with its activation ({Lane})")]
    private partial void LogStopped(Exception exception, string jobId, string lane);
}
