using Microsoft.Extensions.Logging;

namespace OrleansFlow.Client.Workflows.Stores;

/// <summary>Hears what a grain has to tell, once somebody waits for it, and again when its silo was lost. Thread-safe.</summary>
/// <param name="what">Names the grain, for the log.</param>
/// <param name="open">Begins to listen; the first word comes at once.</param>
/// <param name="options">Clock and log.</param>
/// <param name="news">Called at every word.</param>
/// <param name="stopping">Ends it.</param>
internal sealed partial class GrainWatch(
    string what, Func<CancellationToken, IAsyncEnumerable<int>> open, GrainWorkflowStoreOptions options, Action news, CancellationToken stopping)
{
    /// <summary>Between two attempts at a grain whose silo is gone.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task? _watching;
    private long _words;

    /// <summary>How often there was something new.</summary>
    public long Words => Volatile.Read(ref _words);

    /// <summary>Begins to listen, if nobody does.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _watching ??= WatchAsync();
        }
    }

    /// <summary>Completes once nobody listens any more.</summary>
    public Task WhenStoppedAsync()
    {
        lock (_gate)
        {
            return _watching ?? Task.CompletedTask;
        }
    }

    private async Task WatchAsync()
    {
        await Task.Yield();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (var _ in open(stopping).WithCancellation(stopping).ConfigureAwait(false))
                {
                    Interlocked.Increment(ref _words);
                    news();
                }
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogNotWatched(options.Logger, error, what);
            }

            await Task.Delay(Pause, options.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 6480, Level = LogLevel.Warning, Message = "The watch of {What} was interrupted; it is taken up again in a second")]
    private static partial void LogNotWatched(ILogger logger, Exception error, string what);
}
