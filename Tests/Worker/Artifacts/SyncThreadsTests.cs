using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Tests.Worker.Artifacts;

public sealed class SyncThreadsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Work_OfOneAtATime_RunsOnItsCallersThread()
    {
        var threads = new SyncThreads();

        Assert.Equal(Environment.CurrentManagedThreadId, await threads.RunAsync(() => Environment.CurrentManagedThreadId));
        await Assert.ThrowsAsync<IOException>(async () => await threads.RunAsync<int>(() => throw new IOException()));
        Assert.Equal(Environment.CurrentManagedThreadId, await threads.RunAsync(() => Environment.CurrentManagedThreadId));
    }

    [Fact(Timeout = 60_000)]
    public async Task Works_ThatWaitForEachOther_AllEnd()
    {
        const int count = 12;
        var threads = new SyncThreads();
        using var all = new CountdownEvent(count);

        bool Meet()
        {
            all.Signal();
            return all.Wait(Timeout.Infinite, Token);
        }

        // Each from a thread of its own, because the first one stays there.
        var works = Enumerable.Range(0, count).Select(_ => Task.Factory.StartNew(() => threads.RunAsync(Meet).AsTask(), Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());

        Assert.DoesNotContain(false, await Task.WhenAll(works));
    }

    [Fact(Timeout = 60_000)]
    public async Task Works_BeyondTheThreads_WaitTheirTurnAndFailAlone()
    {
        var threads = new SyncThreads();
        using var hold = new ManualResetEventSlim();
        var first = Task.Run(() => threads.RunAsync(() => Hold(hold)).AsTask(), Token);
        var works = Enumerable.Range(0, 100).Select(number => Task.Run(() => threads.RunAsync(() => number % 10 == 3 ? throw new IOException() : Hold(hold)).AsTask(), Token)).ToList();
        hold.Set();
        await first;

        foreach (var (number, work) in works.Index())
        {
            if (number % 10 == 3)
            {
                await Assert.ThrowsAsync<IOException>(() => work);
            }
            else
            {
                Assert.True(await work);
            }
        }
    }

    private static bool Hold(ManualResetEventSlim hold)
    {
        hold.Wait(Token);
        return true;
    }
}
