using System.Globalization;
using OrleansFlow.Decisions.Queries;

namespace OrleansFlow.Tests.Decisions.Queries;

/// <summary>Goal: a tenant's queries run up to their bounds, and the others wait in order for a bounded time.</summary>
public sealed class TenantAdmissionsTests
{
    private static readonly DateTimeOffset NowUtc = DateTimeOffset.UnixEpoch;
    private static readonly TenantRules Rules = new(2, 2, TimeSpan.FromSeconds(30), 100, TimeSpan.FromSeconds(10));

    [Fact]
    public void Queries_BeyondTheBound_WaitInTheOrderInWhichTheyCame()
    {
        var queue = TenantAdmissions.Empty;
        var answers = "abcde".Select(query => Ask(ref queue, query.ToString())).ToList();

        Assert.Equal([true, true, false, false, false], answers.Select(answer => answer.IsAdmitted));
        Assert.Equal([1, 2, 0], answers.Skip(2).Select(answer => answer.Position));
        Assert.Contains("2 queries run and 2 wait", answers[4].Refused, StringComparison.Ordinal);

        queue = queue.Leave("a", Rules);

        Assert.True(Ask(ref queue, "c").IsAdmitted);
        Assert.Equal(1, Ask(ref queue, "d").Position);
    }

    [Fact]
    public void LargeClaim_WaitsForMemoryAndIsNotPassed()
    {
        var queue = TenantAdmissions.Empty;
        Assert.True(Ask(ref queue, "a", 60).IsAdmitted);

        Assert.Equal(1, Ask(ref queue, "large", 60).Position);
        Assert.Equal(2, Ask(ref queue, "small", 1).Position);

        queue = queue.Leave("a", Rules);
        Assert.Equal(["large", "small"], queue.Running.Select(claim => claim.Query));
    }

    [Fact]
    public void ClaimBeyondAllMemory_RunsAlone()
    {
        var queue = TenantAdmissions.Empty;

        Assert.True(Ask(ref queue, "huge", 1_000).IsAdmitted);
        Assert.False(Ask(ref queue, "small", 1).IsAdmitted);
    }

    [Fact]
    public void Query_ThatHasWaitedLongEnough_IsRefused()
    {
        var queue = TenantAdmissions.Empty;
        Ask(ref queue, "a");
        Ask(ref queue, "b");
        for (var second = 0; second <= 30; second += 5)
        {
            Ask(ref queue, "a", second: second);
            Ask(ref queue, "b", second: second);
            var answer = Ask(ref queue, "c", second: second);
            Assert.Equal(second < 30, answer.Refused is null);
        }

        Assert.Empty(queue.Waiting);
    }

    [Fact]
    public void Query_OfWhichNothingIsHeard_LosesItsPlace()
    {
        var queue = TenantAdmissions.Empty;
        Ask(ref queue, "a");
        Ask(ref queue, "b");
        Ask(ref queue, "c");

        Ask(ref queue, "b", second: 9);

        Assert.True(Ask(ref queue, "d", second: 10).IsAdmitted);
        Assert.Equal(["b", "d"], queue.Running.Select(claim => claim.Query));
    }

    [Fact]
    public void Bounds_HoldForEveryOrderOfComingAndGoing()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var queue = TenantAdmissions.Empty;
            for (var step = 0; step < 200; step++)
            {
                var query = random.Next(8).ToString(CultureInfo.InvariantCulture);
                if (random.Next(3) == 0)
                {
                    queue = queue.Leave(query, Rules);
                }
                else
                {
                    Ask(ref queue, query, random.Next(1, 90), step / 10);
                }

                Assert.True(queue.Running.Length <= 2 && queue.Waiting.Length <= 2, $"seed {seed}");
                Assert.True(queue.Running.Length <= 1 || queue.Running.Sum(claim => claim.MemoryBytes) <= 100, $"seed {seed}");
                Assert.True(queue.Waiting.Length == 0 || queue.Running.Length > 0, $"seed {seed}: somebody waits for nobody");
                Assert.Equal(queue.Running.Concat(queue.Waiting).Select(claim => claim.Query).Distinct().Count(), queue.Running.Length + queue.Waiting.Length);
            }
        }
    }

    private static TenantAnswer Ask(ref TenantAdmissions queue, string query, long memoryBytes = 10, int second = 0)
    {
        (queue, var answer) = queue.Ask(query, memoryBytes, Rules, NowUtc.AddSeconds(second));
        return answer;
    }
}
