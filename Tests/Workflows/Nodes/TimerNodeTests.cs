using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a timer node does its work at its schedule's time, whatever the kind of the schedule.</summary>
public class TimerNodeTests : LocalRunTestBase
{
    public static TheoryData<Schedule, string> Kinds() => new()
    {
        { new Schedule.Once(Started.AddSeconds(3)), "00:00:03" },
        { new Schedule.Once(Started), "00:00:00" },
        { new Schedule.Interval(TimeSpan.FromSeconds(5)), "00:00:05" },
        { new Schedule.Daily(new TimeOnly(0, 1)), "00:01:00" },
        { new Schedule.Daily(new TimeOnly(0, 0)), "00:00:00" },
        { new Schedule.Weekly(DayOfWeek.Thursday, new TimeOnly(0, 2)), "00:02:00" },
        { new Schedule.Monthly(1, new TimeOnly(0, 3)), "00:03:00" },
        { new Schedule.Cron(CronExpression.Parse("*/4 * * * *")), "00:00:00" },
        { new Schedule.Cron(CronExpression.Parse("4-59/4 * * * *")), "00:04:00" },
    };

    [Theory]
    [MemberData(nameof(Kinds), DisableDiscoveryEnumeration = true)]
    public async Task Timer_WorksAtTheFirstTimeFromNow(Schedule schedule, string expected)
    {
        Flow.Start(Flow.Timer<int, string>("timer", schedule, (_, _, _) => new(Clock())).End());

        Assert.Equal(expected, (await FinishAsync(RunAsync<int, string>(1))).Output);
    }

    [Fact]
    public async Task Timer_OfASingleTimeThatHasPassed_Fails()
    {
        Flow.Start(Flow.Timer<int, string>("timer", new Schedule.Once(Started.AddTicks(-1)), (_, _, _) => new(Clock())).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, string>(1));

        Assert.Equal(FlowErrorCode.BadInput, thrown.Code);
        Assert.Contains("Node 'timer'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timer_ToBeExecutedImmediately_DoesNotWait()
    {
        Flow.Start(Flow.Timer<int, string>("timer", new Schedule.Once(Started.AddYears(-1)), (_, _, _) => new(Clock()), executeImmediately: true).End());

        Assert.Equal("00:00:00", (await RunAsync<int, string>(1)).Output);
    }

    [Fact]
    public async Task Timer_WithAnEdgeBack_WorksAgainAndAgain_UntilItsOutputEndsIt()
    {
        var timer = Flow.Timer<int, int>("timer", new Schedule.Interval(TimeSpan.FromSeconds(10)), (left, _, _) =>
        {
            Steps.Add(Clock());
            return new(left - 1);
        });
        Flow.Start(timer.Branch(arms => arms.When(left => left > 0, timer).OtherwiseEnd()));

        await FinishAsync(RunAsync<int, int>(3));

        Assert.Equal(["00:00:10", "00:00:20", "00:00:30"], Steps);
    }

    [Fact]
    public async Task Timer_ThatFailed_IsRepeatedWithoutWaitingForItsScheduleAgain()
    {
        var timer = Flow.Timer<int, string>("timer", new Schedule.Once(Started.AddSeconds(10)), (_, scope, _) => scope.Attempt < 3 ? throw new InvalidOperationException("no") : new(Clock()));
        Flow.Start(timer.Retry(new StepRetryPolicy { Strategy = BackoffStrategy.Constant }).End());

        Assert.Equal("00:00:12", (await FinishAsync(RunAsync<int, string>(1))).Output);
    }

    [Fact]
    public async Task Timer_DoesNotHoldUpOtherItems()
    {
        Flow.Start(Flow.Node<int, int>("first", (value, _) => value).To(
            Flow.Timer<int, int>("timer", new Schedule.Interval(TimeSpan.FromSeconds(1)), (value, _, _) =>
            {
                Steps.Add("timer");
                return new(value);
            }).End(),
            Log<int>("other").End()));

        await FinishAsync(RunAsync<int, int>(1));

        Assert.Equal(["other 1", "timer"], Steps);
    }
}
