using System.Reflection;
using OrleansFlow.Testing;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Testing;

public sealed class TestClusterTests
{
    [Fact]
    public void WatchedHandler_HandsOnEveryCallThatAHandlerCanAnswer()
    {
        var missing = typeof(RoleHandler).GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(method => method.IsVirtual && method.DeclaringType == typeof(RoleHandler))
            .Where(method => typeof(WatchedHandler<>).GetMethod(method.Name, [.. method.GetParameters().Select(parameter => parameter.ParameterType)])?.DeclaringType == typeof(RoleHandler))
            .Select(method => method.Name);

        Assert.Empty(missing);
    }

    [Fact]
    public void HandlerContext_HandsOnEveryMemberThatTheProductsHas()
    {
        var missing = typeof(RunContext).GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(method => method.IsVirtual && method.DeclaringType == typeof(RunContext))
            .Where(method => typeof(HandlerContext).GetMethod(method.Name, [.. method.GetParameters().Select(parameter => parameter.ParameterType)])?.DeclaringType == typeof(RunContext))
            .Select(method => method.Name);

        Assert.Empty(missing);
    }

    [Fact]
    public void Page_ShowsTheCodeThatIsRunHere()
    {
        var page = File.ReadAllText(RepositoryRoot.Combine("docs", "testing.md")).ReplaceLineEndings("\n");
        string[] files = [RepositoryRoot.Combine("Tests", "Testing", "HandlerTests.cs"), RepositoryRoot.Combine("Tests", "Testing", "RunningSumHandler.cs")];
        var regions = files.SelectMany(file => Regions(File.ReadAllText(file).ReplaceLineEndings("\n"))).ToList();

        Assert.Equal(8, regions.Count);
        Assert.All(regions, region => Assert.Contains(region, page, StringComparison.Ordinal));
        Assert.Equal(regions.Count, page.Split("```csharp").Length - 1);
    }

    [Fact]
    public void Clock_FiresTimersInTheirOrderAtTheirMoments()
    {
        var clock = new TestClock();
        var fired = new List<(string, TimeSpan)>();
        using var late = clock.CreateTimer(_ => fired.Add(("late", Now())), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var periodic = clock.CreateTimer(_ => fired.Add(("periodic", Now())), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        using var gone = clock.CreateTimer(_ => fired.Add(("gone", Now())), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        gone.Dispose();

        clock.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal([("periodic", TimeSpan.FromSeconds(1)), ("late", TimeSpan.FromSeconds(3)), ("periodic", TimeSpan.FromSeconds(3))], fired);
        Assert.Equal(TimeSpan.FromSeconds(4), Now());
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Advance(TimeSpan.FromTicks(-1)));

        TimeSpan Now() => TimeSpan.FromTicks(clock.GetTimestamp());
    }

    [Fact]
    public void Options_OfAHandlerWithoutARole_SaySo() =>
        Assert.Contains("AddHandler<FailsOnceHandler>", Assert.Throws<ArgumentException>(() => new FlowTestOptions().AddHandler<FailsOnceHandler>()).Message, StringComparison.Ordinal);

    [Fact]
    public void Fault_AtTheSameBatchTwice_IsRefused()
    {
        var faults = new TestFaults().CancelAt("n", 1);

        Assert.Throws<ArgumentException>(() => faults.LoseLeaseAt("n", 1));
    }

    private static IEnumerable<string> Regions(string source)
    {
        var indent = source.Contains("    #region", StringComparison.Ordinal) ? "    " : "";
        foreach (var part in source.Split("#region ").Skip(1))
        {
            var body = part[(part.IndexOf('\n', StringComparison.Ordinal) + 1)..part.IndexOf("#endregion", StringComparison.Ordinal)].TrimEnd();
            yield return string.Join('\n', body.Split('\n').Select(line => line.StartsWith(indent, StringComparison.Ordinal) ? line[indent.Length..] : line));
        }
    }
}
