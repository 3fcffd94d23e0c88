using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// The declared functions on the side of planning. A call that becomes a scan is bound twice: by the query's own plan, and then alone, so that its arguments
/// are known as the engine casts them.
/// </summary>
internal sealed class CallReads
{
    /// <summary>How the names of tables begin that stand for calls.</summary>
    public const string NamePrefix = "orleansflow_call_";

    private readonly Dictionary<string, CallFunction> _calls;
    private readonly Dictionary<string, EngineFunctionKind> _functions = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _volatile;
    private readonly List<(string Table, string Sql)> _found = [];
    private PlannedCall? _bound;

    public CallReads(QueryFunctions functions)
    {
        _calls = functions.Calls.ToDictionary(call => call.Name, StringComparer.OrdinalIgnoreCase);
        _volatile = functions.Functions.Where(function => function.IsVolatile).Select(function => function.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var function in functions.Functions)
        {
            _functions[function.Name] = function.Kind;
        }

        EngineFunctions = [.. functions.Functions, .. functions.Calls.Select(ToEngineFunction)];
    }

    /// <summary>What the planner's engine has to know.</summary>
    public IReadOnlyList<EngineFunction> EngineFunctions { get; }

    /// <summary>Names of the functions that tasks call.</summary>
    public IEnumerable<string> Names => _functions.Keys;

    public bool IsVolatile(string function) => _volatile.Contains(function);

    public bool IsTableFunction(string function) => _functions.TryGetValue(function, out var kind) && kind == EngineFunctionKind.Table;

    public bool IsCall(string function) => _calls.ContainsKey(function);

    /// <summary>Begins a plan.</summary>
    public void Clear() => _found.Clear();

    /// <summary>Takes a call of the plan.</summary>
    /// <param name="sql">The call as text.</param>
    /// <returns>Name of the table that stands for it.</returns>
    public string Add(string sql)
    {
        var table = string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{_found.Count}");
        _found.Add((table, sql));
        return table;
    }

    /// <summary>Learns the arguments of the calls of a plan.</summary>
    public async Task<IReadOnlyList<PlannedCall>> BindAsync(EngineSession session, CancellationToken cancellationToken)
    {
        var calls = new List<PlannedCall>(_found.Count);
        foreach (var (table, sql) in _found)
        {
            _bound = null;
            var statement = await session.PrepareAsync($"SELECT * FROM {sql}", cancellationToken).ConfigureAwait(false);
            await statement.DisposeAsync().ConfigureAwait(false);
            calls.Add((_bound ?? throw new InvalidOperationException($"The call {sql} was not bound.")) with { Table = table });
        }

        return calls;
    }

    private EngineFunction ToEngineFunction(CallFunction call) => EngineFunction.Table(
        call.Name,
        call.Parameters,
        arguments =>
        {
            var shape = call.Describe(arguments);
            _bound = new PlannedCall("", arguments, shape);
            return new TableRows(shape.Schema, _ => throw new InvalidOperationException("A planner has no rows.")) { EstimatedRowCount = shape.EstimatedRowCount };
        });
}
