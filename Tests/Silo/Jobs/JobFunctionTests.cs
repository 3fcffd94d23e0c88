using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Jobs;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: functions travel from a text over the job's store to the worker, and one that cannot be loaded fails the job by its name. Method: a whole silo, a worker over the network.</summary>
public sealed class JobFunctionTests
{
    private const int WatchdogMs = 180_000;

    private const string Text = """
        CREATE TABLE n WITH (connector = 'impulse', message_count = '100', event_time_interval_ms = '1');
        CREATE FUNCTION twice(a BIGINT) RETURNS BIGINT LANGUAGE csharp AS $$ public static long Twice(long a) => a * 2; $$;
        CREATE FUNCTION next(a BIGINT) RETURNS BIGINT LANGUAGE python AS $$
        def next(a): return a + 1
        $$;
        SELECT next(twice(counter)) AS result FROM n
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Functions_OfAText_RunAtTheWorker()
    {
        await using var silo = await StartAsync();
        using var worker = await WorkerAsync(silo, functions => (functions.CSharp, functions.Python) = (UserCodeAccess.Restricted, true));

        var rows = new List<long>();
        await foreach (var batch in silo.Client.Jobs.PreviewAsync(Text, cancellationToken: Token))
        {
            using (batch)
            {
                rows.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => Convert.ToInt64(batch.Column(0).GetValue(row), CultureInfo.InvariantCulture)));
            }
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(number => (number * 2L) + 1), rows.Order());
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task FunctionThatTheWorkerDoesNotTake_FailsTheJobAtOnce_AndIsNamed()
    {
        await using var silo = await StartAsync();
        using var worker = await WorkerAsync(silo, functions => functions.CSharp = UserCodeAccess.Restricted);

        var job = await silo.Client.Jobs.SubmitSqlAsync(Text, new StreamJobOptions { JobId = "python" }, Token);

        var failed = await FailedAsync(silo, job.JobId);
        Assert.Equal(FlowErrorCode.BadFunction, failed.FailureKind!.Code);
        Assert.Contains("Worker 'far' could not begin: Function 'next' (python): functions of this language are off here.", failed.Failure, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task FunctionThatWasChangedInTheStore_FailsTheJob_AndIsNamed()
    {
        await using var silo = await StartAsync();
        var job = await silo.Client.Jobs.SubmitSqlAsync(Text, new StreamJobOptions { JobId = "changed" }, Token);
        var stored = Directory.GetFiles(silo.DataFolder, "*", SearchOption.AllDirectories).Where(path => path.Contains("changed/functions/", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, stored.Count);
        stored.ForEach(path => File.WriteAllText(path, "another"));

        using var worker = await WorkerAsync(silo, functions => (functions.CSharp, functions.Python) = (UserCodeAccess.Restricted, true));

        var failed = await FailedAsync(silo, job.JobId);
        Assert.Equal(FlowErrorCode.BadFunction, failed.FailureKind!.Code);
        Assert.Contains("Worker 'far' could not begin: Function 'twice' (csharp): its content has the SHA-256 ", failed.Failure, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task ProgramWhoseContentHasAnotherHash_IsRefused()
    {
        await using var silo = await StartAsync();
        var program = await StreamPlanner.PlanAsync(Text, new StreamPlanOptions(), Token);
        program.Functions[1].Content = ByteString.CopyFromUtf8("def next(a): return a");

        var refused = await Assert.ThrowsAsync<FlowException>(() => silo.Client.Jobs.SubmitProgramAsync(program.ToByteArray(), new StreamJobOptions { JobId = "wrong" }, Token));

        Assert.Equal(FlowErrorCode.BadFunction, refused.Code);
        Assert.StartsWith("Function 'next' (python): its content has the SHA-256 ", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The worker in the silo's process takes no jobs: it would have to be the one that takes functions.</summary>
    private static Task<RunningSilo> StartAsync() => RunningSilo.StartAsync(options => options.ConfigureServices = services =>
    {
        services.Configure<JobOptions>(jobs => jobs.AllowsUserFunctions = true);
        services.PostConfigure<JobWorkerOptions>(jobs => jobs.Slots = 0);
    });

    private static async Task<FlowStreamJob> FailedAsync(RunningSilo silo, string id)
    {
        await foreach (var job in silo.Client.Jobs.WatchAsync(id, cancellationToken: Token))
        {
            if (job.State == StreamJobState.Failed)
            {
                return job;
            }
        }

        throw new InvalidOperationException($"Job '{id}' did not fail.");
    }

    private static async Task<IHost> WorkerAsync(RunningSilo silo, Action<UserFunctionOptions> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddOrleansFlowWorker(options =>
        {
            options.Gateway = silo.Host.Endpoints.GrpcUrl;
            options.Token = silo.Host.Endpoints.Token;
            options.WorkerId = "far";
        });
        builder.Services.Configure<JobWorkerOptions>(jobs => jobs.Slots = 100);
        builder.Services.Configure(configure);
        var host = builder.Build();
        await host.StartAsync(Token);
        await host.Services.GetRequiredService<FlowWorker>().Registered;
        return host;
    }
}
