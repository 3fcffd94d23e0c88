using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Nodes;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a watching node goes on with the first change that calls for it, and survives reactions that fail.</summary>
public class WatchNodeTests : LocalRunTestBase, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-watch-");

    private string File => Path.Combine(_folder.FullName, "watched.txt");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Watch_GoesOnWithTheFirstChangeThatIsNotHeld()
    {
        Flow.Start(Flow.Watch<int, int, string>("watch", (_, _, _) => Numbers(5), (limit, number, _, _) => new(number < limit ? Transition.Hold<string>() : $"saw {number}")).End());

        Assert.Equal("saw 3", (await RunAsync<int, string>(3)).Output);
    }

    [Fact]
    public async Task Watch_OfASourceThatEndsWithoutAnAction_Fails()
    {
        Flow.Start(Flow.Watch<int, int, string>("watch", (_, _, _) => Numbers(5), (_, _, _, _) => new(Transition.Hold<string>())).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, string>(3));

        Assert.Contains("What node 'watch' watches ended, and no change made it go on", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReactionThatFails_IsLogged_ChangesNothing_AndWatchingGoesOn()
    {
        var log = new Log();
        Flow.Start(Flow.Watch<int, int, string>("watch", (_, _, _) => Numbers(5), (_, number, scope, _) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return number switch
            {
                1 => throw new InvalidOperationException("no"),
                2 => new(Transition.Abort<string>(new InvalidOperationException("never"))),
                _ => new($"saw {number}"),
            };
        }).End());

        var result = await RunAsync<int, string>(3, new LocalRunOptions { Logger = log });

        Assert.Equal(("saw 3", 1L), (result.Output, result.Context.Value));
        Assert.Equal(["no", "never"], log.Errors);
    }

    [Fact]
    public async Task SourceThatFails_FailsTheStep_BehindTheChangesBeforeIt()
    {
        Flow.Start(Flow.Watch<int, int, string>("watch", (_, _, _) => Numbers(2, fails: true), (_, number, _, _) =>
        {
            Steps.Add($"{number}");
            return new(Transition.Hold<string>());
        }).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, string>(3));

        Assert.Contains("source broke", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(["1", "2"], Steps);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Source_IsAtMostABufferAhead(int buffer)
    {
        var given = 0;
        var release = new TaskCompletionSource();
        Flow.Start(Flow.Watch<int, int, int>("watch", (_, _, token) => Endless(token), async (_, _, _, _) =>
        {
            await release.Task;
            return 1;
        }, buffer).End());

        var run = RunAsync<int, int>(0).AsTask();
        var ahead = Volatile.Read(ref given);
        release.SetResult();
        await run;

        // The one that is reacted to, those in the buffer, and the one that waits for room.
        Assert.InRange(ahead, 1, buffer + 2);

        async IAsyncEnumerable<int> Endless([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                yield return Interlocked.Increment(ref given);
            }
        }
    }

    [Fact]
    public async Task Watcher_HasEndedWhenItsStepEnds()
    {
        var ended = false;
        Flow.Start(Flow.Watch<int, int, int>("watch", (_, _, token) => UntilCancelled(token), (_, number, _, _) => new(number)).End());

        await RunAsync<int, int>(0);

        Assert.True(ended);

        async IAsyncEnumerable<int> UntilCancelled([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return 1;
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, Time, cancellationToken);
            }
            finally
            {
                ended = true;
            }
        }
    }

    [Fact]
    public async Task File_FirstObservationCounts_ThenNewerTimesAndOtherSizes_EachFiveSeconds()
    {
        Write("a", hour: 1);
        Flow.Start(Flow.WatchFile<int, string>("watch", _ => File, (_, change, _, _) =>
        {
            Steps.Add($"{Clock()} {change.Bytes} {change.WrittenUtc:HH}");
            switch (Steps.Count)
            {
                case 1:
                    Write("b", hour: 2);
                    break;
                case 2:
                    Write("ccc", hour: 2);
                    break;
                default:
                    return new("done");
            }

            return new(Transition.Hold<string>());
        }).End());

        await FinishAsync(RunAsync<int, string>(0));

        Assert.Equal(["00:00:00 1 01", "00:00:05 1 02", "00:00:10 3 02"], Steps);
    }

    [Fact]
    public async Task File_OfTheSameSizeAndAnOlderTime_IsNoChange()
    {
        Write("a", hour: 5);
        Flow.Start(Flow.WatchFile<int, string>("watch", _ => File, (_, _, _, _) =>
        {
            Steps.Add(Clock());
            Write("b", hour: 4);
            return new(Transition.Hold<string>());
        }).End());
        var run = RunAsync<int, string>(0).AsTask();

        Time.Advance(TimeSpan.FromSeconds(20));
        System.IO.File.Delete(File);
        await Assert.ThrowsAsync<FlowException>(() => FinishAsync(new ValueTask<WorkflowResult<string, OrleansFlow.Workflows.Contexts.GrowCounter>>(run)));

        Assert.Equal(["00:00:00"], Steps);
    }

    [Fact]
    public async Task File_ThatIsMissingAtTheStart_IsAnErrorThatNamesIt()
    {
        Flow.Start(Flow.WatchFile<int, string>("watch", _ => File, (_, _, _, _) => new("x")).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, string>(0));

        Assert.Equal(FlowErrorCode.NotFound, thrown.Code);
        Assert.Contains("watched.txt", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ThatIsLostLater_EndsTheWatch_WhichFailsTheStep()
    {
        Write("a", hour: 1);
        Flow.Start(Flow.WatchFile<int, string>("watch", _ => File, (_, _, _, _) =>
        {
            System.IO.File.Delete(File);
            return new(Transition.Hold<string>());
        }).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(() => FinishAsync(RunAsync<int, string>(0)));

        Assert.Contains("What node 'watch' watches is gone, and no change made it go on", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileStream_EndsWhenTheFileIsLost_AndGivesEachChangeOnce()
    {
        Write("a", hour: 1);
        var seen = new List<long>();
        await using var changes = FileWatch.ChangesAsync(File, Time, cancellationToken: TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await changes.MoveNextAsync());
        seen.Add(changes.Current.Bytes);

        var next = changes.MoveNextAsync();
        Time.Advance(TimeSpan.FromSeconds(5));
        Write("bb", hour: 2);
        Assert.False(next.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await next);
        seen.Add(changes.Current.Bytes);

        System.IO.File.Delete(File);
        var last = changes.MoveNextAsync();
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(await last);
        Assert.Equal([1, 2], seen);
    }

    [Fact]
    public async Task Poll_ReactsToWhatChanged_AndSleepsBetween()
    {
        var values = new Queue<string>(["a", "a", "b", "b", "c"]);
        Flow.Start(Flow.Poll<int, string, string>("poll", TimeSpan.FromMinutes(1), (_, _, _) => new(values.Dequeue()), (_, value, _, _) =>
        {
            Steps.Add($"{Clock()} {value}");
            return new(value == "c" ? value : Transition.Hold<string>());
        }).End());

        await FinishAsync(RunAsync<int, string>(0));

        Assert.Equal(["00:00:00 a", "00:02:00 b", "00:04:00 c"], Steps);
    }

    private void Write(string text, int hour)
    {
        System.IO.File.WriteAllText(File, text);
        System.IO.File.SetLastWriteTimeUtc(File, new DateTime(2026, 1, 1, hour, 0, 0, DateTimeKind.Utc));
    }

    private static async IAsyncEnumerable<int> Numbers(int count, bool fails = false)
    {
        for (var number = 1; number <= count; number++)
        {
            yield return number;
        }

        await Task.CompletedTask;
        if (fails)
        {
            throw new InvalidOperationException("source broke");
        }
    }

    private sealed class Log : ILogger
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Errors.Add(exception!.Message);
    }
}
