using System.Collections.Concurrent;

namespace OrleansFlow.Engine;

/// <summary>
/// The thread a session's native calls run on. A call may last as long as a query, or wait for input, so it never takes a thread
/// of the pool. Work is posted one piece at a time by the session, so the queue's bound is never what holds a caller up.
/// </summary>
internal sealed class EngineThread : IDisposable
{
    private const int QueueCapacity = 4;

    private readonly BlockingCollection<Action> _work = new(QueueCapacity);
    private readonly Thread _thread;

    public EngineThread(string name)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the thread; its exception becomes the task's.</summary>
    public Task<T> InvokeAsync<T>(Func<T> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                completion.SetResult(work());
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        });
        return completion.Task;
    }

    /// <summary>Lets posted work finish, then ends the thread. Does not wait for it.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }

        _work.Dispose();
    }
}
