using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: code of a job is gone with the job. Method: a job runs, and the collector has to take its load context.</summary>
public sealed class FunctionUnloadTests : UdfTestBase
{
    private const int CollectionsMax = 20;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CodeOfAJobThatEnded_IsUnloaded()
    {
        var name = $"gone_{Guid.NewGuid():N}"[..20];
        var text = $"CREATE FUNCTION {name}(a INT) RETURNS INT LANGUAGE csharp AS $$ static List<int> s_kept = new(); public static int {name}(int a) {{ s_kept.Add(a); return a + 1; }} $$; SELECT {name}(n) FROM e";
        Assert.NotEmpty(await RunAsync(text));

        AssertUnloads($"function {name}");
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CodeOfAJobThatFailed_IsUnloaded()
    {
        var name = $"lost_{Guid.NewGuid():N}"[..20];
        await FailedAsync($"CREATE FUNCTION {name}(a INT) RETURNS INT LANGUAGE csharp AS $$ public static int {name}(int a) => throw new InvalidOperationException(); $$; SELECT {name}(n) FROM e");

        AssertUnloads($"function {name}");
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CodeIsThere_UntilItIsDisposed()
    {
        var name = $"here_{Guid.NewGuid():N}"[..20];
        var program = new Program { Functions = { Function(name, FunctionLanguage.CSharp, $"public static int {name}(int a) => a;", "INT", "INT") } };
        await using (await LoadedFunctions.LoadAsync(program, UserFunctionSettings.Local, new FunctionContents(), Token))
        {
            Collect();
            Assert.True(IsLoaded($"function {name}"));
        }

        AssertUnloads($"function {name}");
    }

    private static void AssertUnloads(string name)
    {
        for (var round = 0; IsLoaded(name) && round < CollectionsMax; round++)
        {
            Collect();
        }

        Assert.False(IsLoaded(name));
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    // By itself, so that no local of the caller holds a context.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsLoaded(string name) => AssemblyLoadContext.All.Any(one => one.Name == name);
}
