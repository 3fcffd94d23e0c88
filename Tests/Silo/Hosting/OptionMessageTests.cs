using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Storage.Postgres;
using OrleansFlow.Storage.Sqlite;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Silo.Hosting;

/// <summary>
/// Goal: whoever sets an option wrong reads its full key, the value and the range. Method: every class with a section name, in every assembly
/// that a silo loads; each number and time at both ends of its type, judged by the validators that the hosts register. The range is read from
/// the message, and its ends must be the ends.
/// </summary>
public sealed partial class OptionMessageTests : IDisposable
{
    // Rules between two options: the other one is moved out of the way.
    private static readonly Dictionary<string, string> Beside = new() { [nameof(LeaseOptions.HeartbeatInterval)] = "01:00:00", [nameof(LeaseOptions.ReconnectGrace)] = "01:00:00" };

    private readonly TempFolder _folder = new();

    public static TheoryData<Type, string> Keys()
    {
        // Named, so that their assemblies are loaded.
        Type[] known =
        [
            typeof(WorkerOptions), typeof(SqlRoleOptions), typeof(FlowClientOptions), typeof(LeaseOptions), typeof(SqliteStoreOptions), typeof(PostgresStoreOptions), typeof(RpcServerOptions),
            typeof(FlowSiloOptions),
        ];
        var data = new TheoryData<Type, string>();
        foreach (var options in known.Select(type => type.Assembly).Distinct().SelectMany(assembly => assembly.GetTypes()).Where(type => Section(type) is not null))
        {
            foreach (var key in options.GetProperties().Where(property => property.CanWrite && IsRanged(property.PropertyType)))
            {
                data.Add(options, key.Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Validate_OfAWrongValue_NamesFullKeyValueAndRange(Type options, string key)
    {
        using var sqlite = Compose(new() { ["OrleansFlow:Storage:Provider"] = "Sqlite" });
        using var postgres = Compose(new() { ["OrleansFlow:Storage:Provider"] = "Postgres", [PostgresStoreOptions.SectionName + ":ConnectionString"] = "Host=h" });
        var validators = new[] { sqlite, postgres }.SelectMany(host => host.Services.GetServices(typeof(IValidateOptions<>).MakeGenericType(options))).ToList();
        var property = options.GetProperty(key)!;
        var faults = Ends(property.PropertyType).SelectMany(value => Faults(validators, options, property, value).Select(fault => (Value: value, Text: fault))).ToList();

        Assert.NotEmpty(faults);
        foreach (var (value, text) in faults)
        {
            var (min, max) = Range(text, $"{Section(options)}:{key} is {Text(value)}; use ", property.PropertyType);
            Assert.Empty(Faults(validators, options, property, min));
            Assert.Empty(Faults(validators, options, property, max));
            Assert.NotEmpty(Faults(validators, options, property, Next(min, -1)));
            if (!Equals(max, int.MaxValue))
            {
                Assert.NotEmpty(Faults(validators, options, property, Next(max, 1)));
            }
        }
    }

    [Fact]
    public async Task Start_WithAValueThatIsNoNumber_NamesFullKeyAndValue()
    {
        var options = RunningSilo.Options(dataFolder: null);
        options.ConfigureServices = services => services.AddSingleton<IConfiguration>(provider =>
            new ConfigurationBuilder().AddInMemoryCollection([new("OrleansFlow:Leases:Duration", "soon")]).Build());

        var failure = await Assert.ThrowsAsync<FlowException>(() => FlowSiloHost.StartAsync(options, TestContext.Current.CancellationToken));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("OrleansFlow:Leases:Duration", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'soon'", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string? Section(Type type) =>
        type.GetField("SectionName", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string;

    private static bool IsRanged(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain == typeof(int) || plain == typeof(long) || plain == typeof(TimeSpan));

    private static object[] Ends(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var plain when plain == typeof(int) => [int.MinValue, int.MaxValue],
        var plain when plain == typeof(long) => [long.MinValue, long.MaxValue],
        _ => [TimeSpan.MinValue, TimeSpan.MaxValue],
    };

    private static object Next(object value, int direction) => value switch
    {
        int number => number + direction,
        long number => number + direction,
        TimeSpan time => time + TimeSpan.FromTicks(direction),
        _ => throw new InvalidOperationException($"{value}"),
    };

    private static string Text(object value) => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static (object Min, object Max) Range(string fault, string begin, Type type)
    {
        Assert.StartsWith(begin, fault, StringComparison.Ordinal);
        var match = RangeText().Match(fault[begin.Length..]);
        Assert.True(match.Success, fault);
        return (Parse(match.Groups[1].Value), Parse(match.Groups[2].Value));

        object Parse(string text) => (Nullable.GetUnderlyingType(type) ?? type) switch
        {
            var plain when plain == typeof(int) => int.Parse(text, CultureInfo.InvariantCulture),
            var plain when plain == typeof(long) => long.Parse(text, CultureInfo.InvariantCulture),
            _ => TimeSpan.Parse(text, CultureInfo.InvariantCulture),
        };
    }

    private static List<string> Faults(List<object?> validators, Type type, PropertyInfo property, object value)
    {
        var options = Activator.CreateInstance(type)!;
        type.GetProperty(nameof(SqliteStoreOptions.DatabasePath))?.SetValue(options, "flow.db");
        type.GetProperty(nameof(PostgresStoreOptions.ConnectionString))?.SetValue(options, "Host=h");
        if (options is LeaseOptions leases && Beside.TryGetValue(property.Name, out var duration))
        {
            leases.Duration = TimeSpan.Parse(duration, CultureInfo.InvariantCulture);
        }
        else if (options is LeaseOptions alone)
        {
            (alone.HeartbeatInterval, alone.ReconnectGrace) = (TimeSpan.FromMilliseconds(100), TimeSpan.Zero);
        }

        property.SetValue(options, value);
        return [.. validators
            .Select(validator => (ValidateOptionsResult)validator!.GetType().GetMethod(nameof(IValidateOptions<>.Validate))!.Invoke(validator, [null, options])!)
            .SelectMany(result => result.Failures ?? [])
            .Where(fault => fault.Contains(" is ", StringComparison.Ordinal))
            .Distinct()];
    }

    private IHost Compose(Dictionary<string, string?> settings)
    {
        var host = Host.CreateEmptyApplicationBuilder(null);
        host.Configuration.AddInMemoryCollection(settings);
        host.UseOrleans(silo =>
        {
            ClusterComposition.Join(silo, "options");
            silo.AddOrleansFlow(flow => flow.DataFolder = _folder.Combine("data"));
        });
        host.Services.AddOrleansFlowWorker();
        host.Services.AddOrleansFlowClient();
        return host.Build();
    }

    [GeneratedRegex(@"^(\S+) to (\S+)\.$", RegexOptions.CultureInvariant)]
    private static partial Regex RangeText();
}
