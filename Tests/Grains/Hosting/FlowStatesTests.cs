using System.Collections;
using System.Reflection;
using System.Text.Json;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Graphs;
using OrleansFlow.Jobs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>What the grains store: known to the check of a store, and nothing that only our own serializer could write.</summary>
public sealed class FlowStatesTests
{
    public static TheoryData<string> StateTypes() => [.. FlowStates.Types.Select(type => type.FullName!)];

    [Fact]
    public void States_OfEveryGrain_AreKnownToTheCheck()
    {
        var declared = typeof(FlowStates).Assembly.GetTypes()
            .SelectMany(type => type.GetConstructors())
            .SelectMany(constructor => constructor.GetParameters())
            .Where(parameter => parameter.GetCustomAttribute<PersistentStateAttribute>() is not null)
            .Select(parameter => parameter.ParameterType.GetGenericArguments()[0]);
        var stored = typeof(FlowStates).Assembly.GetTypes().Where(type => type.GetProperty("Format") is not null);

        Assert.Empty(declared.Concat(stored).Except(FlowStates.Types));
        Assert.All(FlowStates.Types, type => Assert.NotNull(type.GetProperty("Format")));
    }

    [Fact]
    public async Task GrainTypes_AreTheOnesThatTheCheckKnows()
    {
        await using var cluster = await FlowCluster.StartAsync();
        IAddressable[] grains =
        [
            cluster.Grains.GetGrain<ITaskPartitionGrain>("x"), cluster.Grains.GetGrain<IGraphRunGrain>("x"), cluster.Grains.GetGrain<IRunCatalogGrain>("x"),
            cluster.Grains.GetGrain<IRoleQueueGrain>("x"), cluster.Grains.GetGrain<IWorkerGrain>("x"), cluster.Grains.GetGrain<IWorkerCatalogGrain>("x"),
            cluster.Grains.GetGrain<ICatalogGrain>("x"), cluster.Grains.GetGrain<IWorkflowIndexGrain>("x"), cluster.Grains.GetGrain<IStreamJobGrain>("x"),
            cluster.Grains.GetGrain<IJobDirectoryGrain>("x"),
        ];
        string[] names = ["partition", "run", "catalog", "segment-1", "worker", "workers", "tables", "index", "job", "names"];

        Assert.All(grains.Zip(names), pair => Assert.NotNull(FlowStates.Fault(pair.First.GetGrainId().ToString(), pair.Second, """{"format":99}""")));
    }

    [Fact]
    public void References_OfHeadAndTasks_AreTheRowsThatMustBeThere()
    {
        Assert.Equal(
            ["run-plan", "run-nodes-0.a", "run-tasks-1.a"],
            FlowStates.References("graphrun/r", "run", """{"format":2,"node_rows":"a","task_rows":",a"}"""));
        Assert.Equal(
            ["run-result-65.a"],
            FlowStates.References("graphrun/r", "run-tasks-1.a", """{"format":2,"tasks":[null,{"result_row":"run-result-65.a"},{"result":"1"}]}"""));
        Assert.Empty(FlowStates.References("taskpartition/0", "partition", "{}"));
    }

    [Theory]
    [MemberData(nameof(StateTypes))]
    public void State_ThroughAPlainJsonSerializer_IsTheSame(string typeName)
    {
        var type = typeof(FlowStates).Assembly.GetType(typeName)!;
        var state = Sample(type, 0)!;

        var text = JsonSerializer.Serialize(state, type, JsonSerializerOptions.Default);
        var read = JsonSerializer.Deserialize(text, type, JsonSerializerOptions.Default);

        Assert.Equal(text, JsonSerializer.Serialize(read, type, JsonSerializerOptions.Default));
        Assert.True(text.Length > 10, text);
    }

    [Theory]
    [InlineData("taskpartition/0", "log-7", """{"tasks":[{"id":"t","as":{"role":"r"},"task":null}]}""", false)]
    [InlineData("taskpartition/0", "log-7", """{"tasks":[{"id":"t","as":{"role":"r"},"task":{"status":1}}]}""", true)]
    [InlineData("taskpartition/0", "ended-0", """{"tasks":[{"id":"a/b","task":{}}]}""", false)]
    [InlineData("taskpartition/0", "ended-0", """{"tasks":[{"id":"a","task":{}}]}""", true)]
    [InlineData("taskpartition/0", "index-0", """{"hashes":"?"}""", false)]
    [InlineData("taskpartition/0", "partition", "no json", false)]
    [InlineData("taskpartition/0", "partition", """{"format":2}""", false)]
    [InlineData("taskpartition/0", "partition", "null", false)]
    [InlineData("graphrun/r", "run-plan", """{"document":"{}"}""", false)]
    [InlineData("graphrun/r", "run-tasks-3.a", """{"tasks":[null,{"worker":"a/b"}]}""", false)]
    [InlineData("graphrun/r", "run-result-3.a", """{"result":null}""", false)]
    [InlineData("graphrun/r", "run-result-3.a", """{"result":"1"}""", true)]
    [InlineData("graphrun/r", "run-tasks-3.1f-0aa", """{"tasks":[null]}""", true)]
    [InlineData("rolequeue/r/0", "segment-12", """{"items":[{"t":"r/n","p":0,"r":"2026-01-01T00:00:00Z"}]}""", false)]
    [InlineData("rolequeue/r/0", "segment-12", """{"items":[{"t":"r/n/1","p":0,"r":"2026-01-01T00:00:00Z"}]}""", true)]
    [InlineData("catalog/main", "tables", """{"format":2,"version":7}""", true)]
    [InlineData("catalog/main", "tables", """{"version":7,"tables":[{"name":"t","schema":"!!"}]}""", false)]
    [InlineData("catalog/main", "bucket-17", """{"version":7,"tables":[{"name":"t","schema":"AAAA"}]}""", true)]
    [InlineData("catalog/main", "bucket-17", """{"format":2}""", true)]
    [InlineData("catalog/main", "bucket-17", """{"format":3}""", false)]
    [InlineData("counter/mine", "state", """{"anything":1}""", true)]
    [InlineData("counter/mine", "state", """{"anything":""", false)]
    public void Fault_OfAStoredState_TellsBothSides(string grain, string name, string payload, bool good) =>
        Assert.Equal(good, FlowStates.Fault(grain, name, payload) is null);

    [Fact]
    public async Task Grain_WhoseStateMakesNoSense_FailsAloneAndItsRowIsKept()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        await cluster.SubmitAsync("r2", """{"id":"a","role":"r"}""");
        var grain = cluster.Run("r1").GetGrainId();
        await cluster.DeactivateAsync(cluster.Run("r1"));
        cluster.Storage.Put("run-plan", grain, """{"document":"{}"}""");

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var exception = await Assert.ThrowsAsync<FlowException>(() => cluster.Run("r1").GetAsync(FlowCluster.Token));
            Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
            Assert.Contains(grain.ToString(), exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal("""{"document":"{}"}""", cluster.Storage.Get("run-plan", grain));
        Assert.Equal(RunStatus.Pending, (await cluster.Run("r2").GetAsync(FlowCluster.Token))!.Status);
    }

    /// <summary>A value of a type with every member set.</summary>
    private static object? Sample(Type type, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return "ü\"text";
        }

        if (type == typeof(int) || type == typeof(long) || type == typeof(double))
        {
            return Convert.ChangeType(1, type, System.Globalization.CultureInfo.InvariantCulture);
        }

        if (type == typeof(bool))
        {
            return true;
        }

        if (type == typeof(DateTimeOffset))
        {
            return new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero).AddTicks(9);
        }

        if (type == typeof(TimeSpan))
        {
            return TimeSpan.FromTicks(12_345_678_901);
        }

        if (type == typeof(Payload))
        {
            return Payload.FromJson("""{"a":[1,"ü"]}""");
        }

        if (type == typeof(byte[]))
        {
            return new byte[] { 1, 2, 255 };
        }

        if (type.IsEnum)
        {
            return Enum.GetValues(type).GetValue(1);
        }

        if (type.IsGenericType && typeof(IDictionary).IsAssignableFrom(type))
        {
            var map = (IDictionary)Activator.CreateInstance(type)!;
            map.Add("key", Sample(type.GetGenericArguments()[1], depth + 1));
            return map;
        }

        if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            var element = type.GetGenericArguments()[0];
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
            list.Add(Sample(element, depth + 1));
            return list;
        }

        Assert.True(depth < 10 && type.Assembly == typeof(FlowStates).Assembly, $"no sample of {type}");
        var constructor = type.GetConstructors().MinBy(one => one.GetParameters().Length)!;
        var value = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Sample(parameter.ParameterType, depth + 1))]);
        foreach (var property in type.GetProperties().Where(property => property.SetMethod is not null && property.GetMethod is { IsStatic: false }))
        {
            property.SetValue(value, property.Name == "Format" ? 1 : Sample(property.PropertyType, depth + 1));
        }

        return value;
    }
}
