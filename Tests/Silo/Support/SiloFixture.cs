using OrleansFlow.Client;
using OrleansFlow.Tests.Silo.Support;

[assembly: AssemblyFixture(typeof(SiloFixture))]
[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.PostgresFixture))]

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>One silo for all tests that only add runs, tasks and uploads of their own to it.</summary>
public sealed class SiloFixture : IAsyncLifetime
{
    private RunningSilo? _silo;

    internal RunningSilo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        _silo = await RunningSilo.StartAsync();
        await AllRolesKnownAsync(_silo.Client);
    }

    public ValueTask DisposeAsync() => _silo?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Waits until the in-process worker has announced its roles: a task of each role, which may be submitted before, has run.</summary>
    internal static async Task AllRolesKnownAsync(FlowClient client)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var tasks = await client.SubmitTasksAsync(
            [(default, new Tasks.TaskSubmission { Role = "echo", PayloadJson = "1" })], allowUnknownRoles: true, cancellationToken);
        await foreach (var task in client.WatchTasksAsync(tasks, cancellationToken))
        {
            Assert.Equal(Tasks.FlowTaskStatus.Completed, task.Status);
        }
    }
}
