using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: no slot of a worker is given to two jobs, and none is lost for good.</summary>
public sealed class HostedJobsTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly HostedJobs Four = new(4);

    [Fact]
    public void ReservedSlots_AreFreeForTheirJobOnly()
    {
        var jobs = Four.Reserve("a", 3, T0, out var reserved);

        Assert.Equal((3, 4, 1), (reserved, jobs.FreeFor("a", T0), jobs.FreeFor("b", T0)));
        _ = jobs.Reserve("b", 2, T0, out var rest);
        Assert.Equal(1, rest);
    }

    [Fact]
    public void Reservation_OfAJobThatDoesNotStart_EndsByItself()
    {
        var jobs = Four.Reserve("a", 4, T0, out _);

        Assert.Equal(0, jobs.FreeFor("b", T0 + HostedJobs.ReservedFor - TimeSpan.FromTicks(1)));
        Assert.Equal(4, jobs.FreeFor("b", T0 + HostedJobs.ReservedFor));
        Assert.Equal(4, jobs.Release("a").FreeFor("b", T0));
    }

    [Fact]
    public void StartedJob_HasItsSlotsUntilItsRunEnds()
    {
        var jobs = Four.Reserve("a", 3, T0, out _).TryStart("a", 1, 2, T0)!.Started("a", 1, 2);

        Assert.Equal(2, jobs.FreeFor("b", T0 + TimeSpan.FromDays(1)));
        Assert.Equal([new HostedJob("a", 1, 2)], jobs.Running);
        Assert.Equal(4, jobs.Ended("a", 1).FreeFor("b", T0));
        Assert.Empty(jobs.Ended("a", 1).Running);
    }

    [Fact]
    public void LateEnd_OfAnEarlierRun_TakesNothingFromTheNextOne()
    {
        var reserved = Four.Started("a", 1, 2).Reserve("a", 4, T0, out var count);

        // The next run is about to start when the end of the first is heard.
        Assert.Equal(4, count);
        Assert.Equal(0, reserved.Ended("a", 1).FreeFor("b", T0));
        Assert.Equal(4, reserved.Ended("a", 2).FreeFor("b", T0));
        Assert.Equal(1, reserved.Started("a", 2, 3).Ended("a", 1).FreeFor("b", T0));
    }

    [Fact]
    public void Start_WithoutReservation_NeedsFreeSlots()
    {
        var jobs = Four.Started("a", 1, 3);

        Assert.NotNull(jobs.TryStart("b", 1, 1, T0));
        Assert.Null(jobs.TryStart("b", 1, 2, T0));
        Assert.NotNull(jobs.TryStart("a", 2, 4, T0));
        Assert.Null(jobs.TryStart("a", 0, 1, T0));
    }

    [Fact]
    public void StartThatIsRepeated_ChangesNothing()
    {
        var jobs = Four.Reserve("a", 4, T0, out _).TryStart("a", 1, 4, T0)!.Started("a", 1, 4);

        Assert.NotNull(jobs.TryStart("a", 1, 4, T0));
        Assert.Equal([new HostedJob("a", 1, 4)], jobs.Started("a", 1, 4).Running);
        Assert.Equal([new HostedJob("a", 1, 4)], jobs.Started("a", 0, 2).Running);
    }
}
