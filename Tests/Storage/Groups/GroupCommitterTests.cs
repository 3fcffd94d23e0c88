using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Tests.Storage.Groups;

/// <summary>Goal: one commit for many writes, none of which waits without need. Method: a store whose commits end when the test says so.</summary>
public sealed class GroupCommitterTests : IDisposable
{
    private const int Watchdog = 30_000;
    private readonly ScriptedTarget _target = new();
    private readonly ManualTimeProvider _clock = new();

    [Fact(Timeout = Watchdog)]
    public async Task Write_WhenIdle_IsCommittedAloneAndAtOnce()
    {
        await using var committer = Committer();
        _target.LetCommitsEnd(2);

        await committer.WriteAsync(new NamedWrite("a"));
        await committer.WriteAsync(new NamedWrite("b"));

        Assert.Equal([["a"], ["b"]], _target.Groups);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Writes_ThatComeDuringACommit_ShareTheNextOneAndAreAcknowledgedAfterIt()
    {
        await using var committer = Committer();
        var first = committer.WriteAsync(new NamedWrite("first"));
        await _target.WhenCommitBeginsAsync();
        var later = Enumerable.Range(0, 50).Select(number => committer.WriteAsync(new NamedWrite($"{number}"))).ToList();

        _target.LetCommitsEnd(1);
        await first;
        await _target.WhenCommitBeginsAsync();
        Assert.DoesNotContain(later, write => write.IsCompleted);

        _target.LetCommitsEnd(1);
        await Task.WhenAll(later);
        Assert.Equal([1, 50], _target.Groups.Select(group => group.Length));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Group_AfterACommit_WaitsForThoseWhoAreComingBack()
    {
        await using var committer = Committer();
        var later = await CommitOneWhileFourComeAsync(committer, TimeSpan.FromMilliseconds(4));

        // Time stands still, so that only the fifth can end the wait.
        Task[] all = [.. later, committer.WriteAsync(new NamedWrite("back"))];
        _target.LetCommitsEnd(1);
        await Task.WhenAll(all);

        Assert.Equal([1, 5], _target.Groups.Select(group => group.Length));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(4, 500)]
    [InlineData(4_000, 1_000)]
    public async Task Group_WhoseCompanyStaysAway_GivesUpAfterAPartOfTheLastCommitsTime(int commitMs, int silenceUs)
    {
        await using var committer = Committer();
        var later = await CommitOneWhileFourComeAsync(committer, TimeSpan.FromMilliseconds(commitMs));

        var began = _target.WhenCommitBeginsAsync();
        while (!began.IsCompleted)
        {
            // Whether the wait has begun cannot be seen; the first steps may come before it.
            _clock.Advance(TimeSpan.FromMicroseconds(silenceUs));
            await Task.Yield();
        }

        _target.LetCommitsEnd(1);
        await Task.WhenAll(later);
        Assert.Equal([1, 4], _target.Groups.Select(group => group.Length));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(10, 1_000_000, 1, 10)]
    [InlineData(1_000, 50, 10, 5)]
    public async Task Group_BeyondItsBound_IsCutThere(int writesMax, int bytesMax, int bytesPerWrite, int expected)
    {
        await using var committer = Committer(writesMax, bytesMax);
        var first = committer.WriteAsync(new NamedWrite("first"));
        await _target.WhenCommitBeginsAsync();
        var later = Enumerable.Range(0, 20).Select(number => committer.WriteAsync(new NamedWrite($"{number}", bytesPerWrite))).ToList();

        _target.LetCommitsEnd(100);
        await Task.WhenAll([first, .. later]);

        Assert.All(_target.Groups.Skip(1), group => Assert.Equal(expected, group.Length));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Write_ThatMayWait_IsCommittedAloneWhenNothingElseComes()
    {
        await using var committer = Committer();
        _target.LetCommitsEnd(1);

        await committer.WriteAsync(new NamedWrite("patient", mayWait: true));

        Assert.Equal([["patient"]], _target.Groups);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Writes_ThatMayWait_ShareTheCommitOfTheNextOneThatMayNot()
    {
        await using var committer = Committer(patience: Timeout.InfiniteTimeSpan);
        Task[] patient = [committer.WriteAsync(new NamedWrite("a", mayWait: true)), committer.WriteAsync(new NamedWrite("b", mayWait: true))];
        Assert.Empty(_target.Groups);

        _target.LetCommitsEnd(1);
        await committer.WriteAsync(new NamedWrite("urgent"));

        await Task.WhenAll(patient);
        Assert.Equal([["a", "b", "urgent"]], _target.Groups);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Writes_ThatMayWait_FillAGroupByThemselves()
    {
        await using var committer = Committer(writesMax: 3, patience: Timeout.InfiniteTimeSpan);
        _target.LetCommitsEnd(1);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(number => committer.WriteAsync(new NamedWrite($"{number}", mayWait: true))));

        Assert.Equal([["0", "1", "2"]], _target.Groups);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Writes_ThatMayWait_AreNoCompanyToWaitFor()
    {
        await using var committer = Committer();
        var first = committer.WriteAsync(new NamedWrite("first"));
        await _target.WhenCommitBeginsAsync();
        var patient = Enumerable.Range(0, 4).Select(number => committer.WriteAsync(new NamedWrite($"{number}", mayWait: true))).ToList();
        _clock.Advance(TimeSpan.FromMilliseconds(4));
        _target.LetCommitsEnd(100);
        await Task.WhenAll([first, .. patient]);

        // Time stands still: whoever waits for company now waits for ever.
        await committer.WriteAsync(new NamedWrite("lone"));

        Assert.Equal(["lone"], _target.Groups[^1]);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Dispose_DoesNotWaitForWritesThatMay()
    {
        var committer = Committer(patience: Timeout.InfiniteTimeSpan);
        var patient = committer.WriteAsync(new NamedWrite("patient", mayWait: true));
        _target.LetCommitsEnd(1);

        await committer.DisposeAsync();

        await patient;
    }

    [Fact(Timeout = Watchdog)]
    public async Task Group_WithAWriteThatFailsIt_KeepsTheNeighboursAndFailsThatOneAlone()
    {
        await using var committer = Committer();
        _target.Poison.Add("bad");
        var first = committer.WriteAsync(new NamedWrite("first"));
        await _target.WhenCommitBeginsAsync();
        Task[] good = [committer.WriteAsync(new NamedWrite("a")), committer.WriteAsync(new NamedWrite("b"))];
        var bad = committer.WriteAsync(new NamedWrite("bad"));
        var refused = committer.WriteAsync(new NamedWrite("refused", refusal: new ArgumentException("etag")));

        _target.LetCommitsEnd(100);
        await Task.WhenAll([first, .. good]);

        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(() => bad)).Code);
        await Assert.ThrowsAsync<ArgumentException>(() => refused);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Group_AtAWriteThatMayNotJoin_EndsAndThatWriteLeadsTheNext()
    {
        await using var committer = Committer();
        var first = committer.WriteAsync(new NamedWrite("first"));
        await _target.WhenCommitBeginsAsync();
        var later = ((string[])["a", "alone-1", "b"]).Select(name => committer.WriteAsync(new NamedWrite(name))).ToList();

        _target.LetCommitsEnd(100);
        await Task.WhenAll([first, .. later]);

        Assert.Equal([["first"], ["a"], ["alone-1", "b"]], _target.Groups);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Write_BeyondTheQueue_WaitsForRoomAndIsNotLost()
    {
        await using var committer = Committer(queueMax: 4);
        var writes = Enumerable.Range(0, 40).Select(number => committer.WriteAsync(new NamedWrite($"{number}"))).ToList();

        _target.LetCommitsEnd(100);
        await Task.WhenAll(writes);

        Assert.Equal(40, _target.Groups.SelectMany(group => group).Distinct().Count());
    }

    [Fact(Timeout = Watchdog)]
    public async Task Dispose_CommitsWhatIsQueuedAndRefusesWhatComesLater()
    {
        var committer = Committer();
        var queued = Enumerable.Range(0, 10).Select(number => committer.WriteAsync(new NamedWrite($"{number}"))).ToList();
        _target.LetCommitsEnd(100);

        await committer.DisposeAsync();

        await Task.WhenAll(queued);
        Assert.True(_target.Disposed);
        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(() => committer.WriteAsync(new NamedWrite("late")))).Code);
    }

    public void Dispose() => _target.Dispose();

    /// <summary>Commits a first write in so much time, while four others queue up. The next group expects five.</summary>
    private async Task<List<Task>> CommitOneWhileFourComeAsync(GroupCommitter<NamedWrite> committer, TimeSpan time)
    {
        var first = committer.WriteAsync(new NamedWrite("first"));
        await _target.WhenCommitBeginsAsync();
        var later = Enumerable.Range(0, 4).Select(number => committer.WriteAsync(new NamedWrite($"{number}"))).ToList();
        _clock.Advance(time);
        _target.LetCommitsEnd(1);
        await first;
        return later;
    }

    private GroupCommitter<NamedWrite> Committer(int writesMax = 100, int bytesMax = 1_000_000, int queueMax = 1_000, TimeSpan? patience = null) =>
        new(_target, new GroupLimits(writesMax, bytesMax, queueMax), _clock, NullLogger.Instance, patience);
}
