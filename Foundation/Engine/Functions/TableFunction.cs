using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Engine.Functions;

/// <summary>A table function: each call is bound to a stream of batches, which is then read as a registered stream is.</summary>
internal sealed unsafe class TableFunction : EngineFunction
{
    private readonly EngineParameter[] _parameters;
    private readonly Func<TableArguments, TableRows> _bind;

    public TableFunction(string name, IReadOnlyList<EngineParameter> parameters, Func<TableArguments, TableRows> bind, FunctionOptions? options)
        : base(name, EngineFunctionKind.Table, options)
    {
        _parameters = [.. parameters.Where(parameter => !parameter.IsNamed), .. parameters.Where(parameter => parameter.IsNamed)];
        _bind = bind;
        if (_parameters.Select(parameter => parameter.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() < _parameters.Length)
        {
            throw new ArgumentException($"Table function '{name}' has two parameters of the same name.", nameof(parameters));
        }
    }

    /// <summary>Names of the parameters that are given by name.</summary>
    internal IEnumerable<string> NamedParameters => _parameters.Where(parameter => parameter.IsNamed).Select(parameter => parameter.Name);

    internal override int ParameterCount => _parameters.Count(parameter => !parameter.IsNamed);

    internal override string Signature =>
        $"table({string.Join(',', _parameters.Select(parameter => $"{(parameter.IsNamed ? parameter.Name + ":=" : "")}{parameter.Kind.Sql(Options)}"))})";

    internal override void Register(ConnectionHandle connection, string name, IReadOnlyList<FunctionSlot> slots)
    {
        var function = DuckDb.CreateTableFunction();
        try
        {
            DuckDb.SetTableFunctionName(function, name);
            foreach (var parameter in _parameters)
            {
                using var type = parameter.Kind.Create(Options);
                if (parameter.IsNamed)
                {
                    DuckDb.AddTableFunctionNamedParameter(function, parameter.Name, type.Value);
                }
                else
                {
                    DuckDb.AddTableFunctionParameter(function, type.Value);
                }
            }

            DuckDb.SetTableFunctionExtra(function, slots[0].ToPointer(), &FreeSlot);
            DuckDb.SetTableFunctionBind(function, &Bind);
            ScanFunction.AddReading(function);
            if (DuckDb.RegisterTableFunction(connection, function) != DuckDb.Success)
            {
                throw FunctionRegistry.Refused(slots[0].Function);
            }
        }
        finally
        {
            DuckDb.DestroyTableFunction(ref function);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint bind)
    {
        EngineFunction? found = null;
        try
        {
            var slot = FunctionSlot.Of(DuckDb.BindExtra(bind));
            found = slot.Function;
            var function = (TableFunction)found;
            var rows = function._bind(function.ReadArguments(bind));
            var owner = OwnerOf(bind, slot);
            ScanFunction.Bind(
                bind,
                rows.OpenColumns is { } open
                    ? new ColumnSource(function, rows, open, slot.Conversions, owner)
                    : new FunctionSource(function, rows, slot.Conversions, owner));
        }
        catch (Exception exception)
        {
            DuckDb.SetBindError(bind, found?.Explain(exception) ?? exception.Message);
        }
    }

    private static IScanOwner OwnerOf(nint bind, FunctionSlot slot)
    {
        DuckDb.TableFunctionContext(bind, out var context);
        try
        {
            return slot.OwnerOf(DuckDb.ContextConnectionId(context)) ?? throw new InvalidOperationException("The session of the statement has ended.");
        }
        finally
        {
            DuckDb.DestroyContext(ref context);
        }
    }

    private TableArguments ReadArguments(nint bind)
    {
        var values = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        for (var index = 0; index < _parameters.Length; index++)
        {
            var parameter = _parameters[index];
            var value = parameter.IsNamed ? DuckDb.BindNamedParameter(bind, parameter.Name) : DuckDb.BindParameter(bind, (ulong)index);
            if (value == 0)
            {
                continue;
            }

            try
            {
                values[parameter.Name] = DuckDb.IsNull(value) ? null : NativeValue.Read(value, parameter.Kind.Id);
            }
            finally
            {
                DuckDb.DestroyValue(ref value);
            }
        }

        return new TableArguments(Name, values);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeSlot(nint pointer) => FunctionSlot.Free(pointer);

    private sealed class ColumnSource(
        TableFunction function, TableRows rows, Func<IReadOnlyList<int>, CancellationToken, IAsyncEnumerable<RecordBatch>> open, ConnectionHandle connection, IScanOwner owner)
        : ColumnStreamSource(function.Name, rows.Schema, connection, owner, rows.EstimatedRowCount, open)
    {
        public override string Label => $"Function '{Name}' failed";
    }

    private sealed class FunctionSource(TableFunction function, TableRows rows, ConnectionHandle connection, IScanOwner owner)
        : StreamSource(function.Name, rows.Schema, connection, owner, rows.EstimatedRowCount, rows.Open)
    {
        public override string Label => $"Function '{Name}' failed";
    }
}
