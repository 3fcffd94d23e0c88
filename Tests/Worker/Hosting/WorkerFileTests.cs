using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Worker.Hosting;

/// <summary>Settings of a worker from file, environment and overrides.</summary>
public sealed class WorkerFileTests
{
    private static readonly string Sample = RepositoryRoot.Combine("samples", "configs", "worker.default.json");

    [Fact]
    public void WorkerFile_OfTheSamples_LoadsWithOverrides()
    {
        var options = Load(
            Sample,
            new() { ["FLOW_WORKER_SLOTS"] = "7", ["FLOW_WORKER_LABELS"] = "gpu=true, zone=eu", ["FLOW_WORKER_WORKER_ID"] = "from-env", ["OTHER"] = "x" },
            "worker_id=from-set", "hb_interval_sec=2.5", "roles=work,more");

        Assert.Equal(("from-set", 7, "2.0.0", 60, 2.5), (options.WorkerId, options.Slots, options.Version, options.LeaseTtl!.Value.TotalSeconds, options.HeartbeatInterval!.Value.TotalSeconds));
        Assert.Equal(["work", "more"], options.Roles);
        Assert.Equal(["gpu=true", "zone=eu"], options.Labels.Select(label => $"{label.Key}={label.Value}"));
    }

    [Fact]
    public void WorkerFile_OfTheSamples_HasTheDefaultsOfTheOptions()
    {
        var (loaded, defaults) = (Load(Sample, []), new WorkerOptions());

        Assert.Equal(new LeaseOptions().Duration, loaded.LeaseTtl);
        Assert.Equal(
            (defaults.Prefetch, defaults.ShutdownGrace, defaults.StopGrace, defaults.ReportWindow, defaults.PrefetchBatches, defaults.PrefetchBytes, defaults.StopHostWhenDrained),
            (loaded.Prefetch, loaded.ShutdownGrace, loaded.StopGrace, loaded.ReportWindow, loaded.PrefetchBatches, loaded.PrefetchBytes, loaded.StopHostWhenDrained));
        Assert.Equal((defaults.WorkerId, defaults.Gateway, defaults.HealthPort), (loaded.WorkerId, loaded.Gateway, loaded.HealthPort));
        Assert.Empty(loaded.Roles);
        using var document = JsonDocument.Parse(File.ReadAllText(Sample));
        Assert.Equal((300, 4_000, false), (
            document.RootElement.GetProperty("pull_poll_ms_default").GetInt32(),
            document.RootElement.GetProperty("pull_empty_backoff_ms_max").GetInt32(),
            document.RootElement.GetProperty("strict_input_adapters").GetBoolean()));
    }

    [Fact]
    public void WorkerFile_HasAKeyForEveryOption()
    {
        var paths = WorkerKeys.Names.Select(name => WorkerKeys.Find(name)!.Value.Path).ToHashSet();

        Assert.Empty(typeof(WorkerOptions).GetProperties().Select(property => $"{WorkerOptions.SectionName}:{property.Name}").Except(paths));
    }

    [Theory]
    [InlineData("roles")]
    [InlineData("worker_id")]
    [InlineData("worker_version")]
    [InlineData("lease_ttl_sec")]
    [InlineData("hb_interval_sec")]
    [InlineData("pull_poll_ms_default")]
    [InlineData("pull_empty_backoff_ms_max")]
    [InlineData("strict_input_adapters")]
    public void WorkerFile_KeyOfTheSystemThatThisOneFollows_IsTaken(string key) => Assert.NotNull(WorkerKeys.Find(key));

    [Theory]
    [InlineData("kafka_bootstrap", "'gateway'")]
    [InlineData("announce_interval_sec", "'hb_interval_sec'")]
    [InlineData("dedup_cache_size", "leave it out")]
    [InlineData("dedup_ttl_ms", "leave it out")]
    [InlineData("db_cancel_poll_ms", "leave it out")]
    [InlineData("topic_cmd_fmt", "'gateway'")]
    public void WorkerFile_KeyThatWasReplaced_IsRefusedWithWhatTookItsPlace(string key, string remedy)
    {
        var problem = Assert.Single(Refused(null, [], $"{key}=1").Problems);

        Assert.Contains($"'{key}' is no key any more", problem.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WorkerFile_WithUnknownKeysAndWrongValues_NamesEachWithTheNearestKey()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """{ "lease_ttl": 60, "slots": "four", "labels": ["gpu"], "nothing_like_it": 1, "strict_input_adapters": 1 }""");

            var failure = Refused(file, new() { ["FLOW_WORKER_SLOT"] = "1" }, "no equals", "prefetch=many");

            Assert.Equal(FlowErrorCode.BadOption, failure.Code);
            Assert.Equal(
                [
                    "lease_ttl: 'lease_ttl' is not a key of a worker. Did you mean 'lease_ttl_sec'?",
                    "slots: \"four\" is not a whole number.",
                    "labels: [\"gpu\"] is not an object of texts.",
                    "nothing_like_it: 'nothing_like_it' is not a key of a worker.",
                    "strict_input_adapters: 1 is not true or false.",
                    "FLOW_WORKER_SLOT: 'slot' is not a key of a worker. Did you mean 'slots'?",
                    "no equals: 'no equals' is not key=value.",
                    "--set prefetch: many is not a whole number.",
                ],
                failure.Problems.Select(problem => $"{problem.Path}: {problem.Message}"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(20.001, false)]
    public void WorkerFile_HeartbeatAboveAThirdOfTheLease_IsRefused(double seconds, bool valid)
    {
        var options = new WorkerOptions { LeaseTtl = TimeSpan.FromSeconds(60), HeartbeatInterval = TimeSpan.FromSeconds(seconds) };

        Assert.Equal(valid, new WorkerOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void Section_WithAnUnknownKey_IsRefusedWithTheNearestName()
    {
        using var provider = Compose(new Dictionary<string, string?> { ["OrleansFlow:Worker:Slotz"] = "3", ["OrleansFlow:Worker:Other:Section"] = "fine" });

        var failure = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<WorkerOptions>>().Value);

        Assert.Equal(["OrleansFlow:Worker:Slotz is no option. Did you mean 'Slots'?"], failure.Failures);
    }

    [Fact]
    public void Roles_ThatAreNamed_AreServedAlone_AndOneWithoutAHandlerIsRefused()
    {
        var catalog = new RoleCatalog([new RoleRegistration("work", typeof(ScriptedHandler)), new RoleRegistration("more", typeof(ScriptedHandler))]);

        Assert.Equal(["work"], catalog.Only(["work"]).Roles);
        Assert.Same(catalog, catalog.Only([]));
        var refused = Assert.Throws<FlowException>(() => catalog.Only(["werk"]));
        Assert.Equal(FlowErrorCode.BadOption, refused.Code);
        Assert.EndsWith("there are: more, work. Did you mean 'work'?", refused.Message, StringComparison.Ordinal);
    }

    private static WorkerOptions Load(string? file, Dictionary<string, string?> environment, params string[] overrides)
    {
        using var provider = Compose(WorkerFile.Read(file, environment, overrides).ToDictionary());
        return provider.GetRequiredService<IOptions<WorkerOptions>>().Value;
    }

    private static FlowException Refused(string? file, Dictionary<string, string?> environment, params string[] overrides) =>
        Assert.Throws<FlowException>(() => WorkerFile.Read(file, environment, overrides));

    private static ServiceProvider Compose(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddOrleansFlowWorker().AddHandler<ScriptedHandler>("work");
        return services.BuildServiceProvider();
    }
}
