using OrleansFlow.Decisions.Limits;

namespace OrleansFlow.Tests.Decisions.Limits;

/// <summary>A limit over several queues is never exceeded, whatever becomes of messages and of either side; and everybody gets a part.</summary>
public sealed class SharedLimitTests
{
    private const int Any = int.MaxValue;

    [Fact]
    public void Report_OfOneHolder_GivesItWhatItWants_UpToTheLimit()
    {
        var limit = new SharedLimit([], cap: 3);

        Assert.Empty(limit.Report("a", new ShareReport(1, 0, 2, Any)));
        Assert.Equal(new ShareGrant(1, 2, Any, true), limit.GrantOf("a"));
        limit.Report("a", new ShareReport(2, 2, 9, Any));
        Assert.Equal(3, limit.GrantOf("a").Allowance);
        Assert.False(limit.IsContended);
    }

    [Fact]
    public void Report_OfASecondHolder_TellsTheFirstToGiveBack_AndGivesWhatCameBack()
    {
        var limit = new SharedLimit([]);
        limit.Report("a", new ShareReport(1, 0, 9, 3));
        limit.GrantOf("a");

        Assert.Equal(["a"], limit.Report("b", new ShareReport(1, 0, 1, 3)));
        Assert.Equal(0, limit.GrantOf("b").Allowance);
        Assert.Equal(new ShareGrant(1, 3, 2, true), limit.GrantOf("a"));
        Assert.Equal(["a", "b"], limit.Overdue());

        Assert.Equal(["b"], limit.Report("a", new ShareReport(2, 2, 9, 3)));
        Assert.Equal(1, limit.GrantOf("b").Allowance);
        Assert.Empty(limit.Overdue());
    }

    [Fact]
    public void Report_ThatIsNotNewer_ChangesNothing()
    {
        var limit = new SharedLimit([], cap: 2);
        limit.Report("a", new ShareReport(5, 0, 2, Any));

        limit.Report("a", new ShareReport(4, 0, 0, Any));

        Assert.Equal((2, 5L), (limit.HeldCount, limit.GrantOf("a").Sequence));
    }

    [Fact]
    public void LimitOfOne_GoesRound()
    {
        var limit = new SharedLimit([], cap: 1);
        var held = new List<string>();
        long sequence = 0;
        foreach (var name in (string[])["a", "b", "c"])
        {
            limit.Report(name, new ShareReport(++sequence, 0, 5, Any));
        }

        for (var turn = 0; turn < 6; turn++)
        {
            var holder = ((string[])["a", "b", "c"]).Single(name => limit.GrantOf(name).Allowance == 1);
            held.Add(holder);
            limit.Report(holder, new ShareReport(++sequence, 0, 5, Any));
        }

        Assert.Equal(["a", "b", "c", "a", "b", "c"], held);
    }

    [Fact]
    public void AfterARestart_NothingIsGiven_UntilEveryHolderOfBeforeHasAnswered()
    {
        var limit = new SharedLimit(["a", "b"], cap: 3);
        limit.Report("c", new ShareReport(1, 0, 3, Any));
        limit.Report("a", new ShareReport(1, 1, 1, Any), answersUs: true);

        // One that was on its way may be older than what the holder knows now.
        limit.Report("b", new ShareReport(1, 0, 0, Any));
        Assert.Equal(("b", 0), (Assert.Single(limit.Silent), limit.GrantOf("c").Allowance));

        Assert.Equal(["a", "c"], limit.Report("b", new ShareReport(2, 1, 1, Any), answersUs: true));
        Assert.Equal(1, limit.GrantOf("c").Allowance);
    }

    [Fact]
    public void LowestLimitOfThoseThatAreThere_Counts()
    {
        var limit = new SharedLimit([]);
        limit.Report("a", new ShareReport(1, 0, 9, 4));
        limit.Report("b", new ShareReport(1, 0, 1, 2));
        Assert.False(limit.GrantOf("b").IsOpen);

        limit.Report("a", new ShareReport(2, 2, 9, 4));
        Assert.Equal((0, true), (limit.GrantOf("b").Allowance, limit.GrantOf("b").IsOpen));
        limit.Report("a", new ShareReport(3, 1, 9, 4));
        Assert.Equal(1, limit.GrantOf("b").Allowance);

        limit.Report("b", new ShareReport(2, 0, 0, Any));
        Assert.Equal(4, limit.GrantOf("a").Allowance);
    }

    [Fact]
    public void Share_KeepsToItsReport_AndListensToNoAnswerOfAnEarlierOne()
    {
        var share = new LimitShare();
        Assert.True(share.MustReport(0, 2, 3, isLate: false));
        share.Report(1, 0, 2, 3);
        Assert.False(share.MayTake(0, 3));
        Assert.True(share.Adopt(new ShareGrant(1, 2, Any, true)));
        Assert.Equal((true, true, false, false), (share.MayTake(0, 3), share.MayTake(1, 3), share.MayTake(2, 3), share.MayTake(0, 2)));

        Assert.Equal(new ShareReport(2, 1, 1, 3), share.Report(2, 1, 1, 3));
        Assert.False(share.Adopt(new ShareGrant(1, 2, Any, true)));
        Assert.False(share.MayTake(1, 3));
        Assert.Equal((true, false), (share.MustReport(1, 1, 3, isLate: true), share.MustReport(1, 1, 3, isLate: false)));
    }

    [Fact]
    public void Share_GivesBackWhatOthersWaitFor_AtOnce_AndWhatItDoesNotUse_WhenItIsLate()
    {
        var share = new LimitShare();
        share.Report(1, 0, 3, 3);
        share.Adopt(new ShareGrant(1, 3, Any, true));
        Assert.Equal((false, true), (share.MustReport(1, 1, 3, isLate: false), share.MustReport(1, 1, 3, isLate: true)));

        share.Adopt(new ShareGrant(1, 3, 1, true));
        Assert.Equal((false, true), (share.MustReport(3, 3, 3, isLate: false), share.MustReport(1, 1, 3, isLate: false)));
        Assert.Equal(1, share.Report(2, 1, 5, 3).Most);
    }

    [Fact]
    public void Share_ThatClaimedTooMuch_GivesItBackAtOnce()
    {
        var share = new LimitShare();
        Assert.Equal(4, share.Report(1, 4, 4, 3).Most);
        share.Adopt(new ShareGrant(1, 4, 2, false));

        Assert.Equal((true, false), (share.MustReport(1, 4, 3, isLate: false), share.MayTake(1, 3)));
        Assert.Equal(1, share.Report(2, 1, 4, 3).Most);
        Assert.False(share.MustReport(1, 4, 3, isLate: false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Limit_WhateverIsLostLateOrRestarted_IsNeverExceeded_AndNobodyStarves(bool isCapped)
    {
        for (var seed = 0; seed < 300; seed++)
        {
            new SharedLimitModel(seed, isCapped).Run();
        }
    }
}
