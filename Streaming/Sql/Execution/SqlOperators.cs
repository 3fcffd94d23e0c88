using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Joins;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Streaming.Sql.Execution;

/// <summary>The operators that run texts of the local engine.</summary>
public static class SqlOperators
{
    /// <summary>Their kinds: a program with one of them needs an engine.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [SqlOperator.Kind, InstantOperator.Kind, ChangesOperator.Kind];

    /// <summary>Adds them: sql, instant, changes.</summary>
    /// <param name="registry">Gets them.</param>
    /// <param name="engine">Where texts run; it lives at least as long as the operators, and stays the caller's.</param>
    /// <param name="functions">What texts may call besides what SQL has; it lives at least as long as the operators, and stays the caller's. Default: nothing.</param>
    /// <returns>The registry.</returns>
    public static OperatorRegistry AddSql(this OperatorRegistry registry, EngineInstance engine, LoadedFunctions? functions = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(engine);
        var sql = new SqlEngine(engine, functions);
        return registry
            .Add(SqlOperator.Kind, definition => new SqlOperator(definition, KnownOperators.Read(SqlConfig.Parser, definition).Sql, sql))
            .Add(InstantOperator.Kind, definition => new InstantOperator(definition, KnownOperators.Read(InstantConfig.Parser, definition), sql))
            .Add(ChangesOperator.Kind, definition => new ChangesOperator(definition, KnownOperators.Read(ChangesConfig.Parser, definition), sql));
    }
}
