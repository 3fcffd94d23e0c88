using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>A scalar function: the engine calls it once for up to 2,048 rows. No exception may leave a callback: it would end the process.</summary>
internal abstract unsafe class ScalarFunction : EngineFunction
{
    private readonly EngineType[] _parameters;
    private readonly EngineType _result;
    private readonly bool _seesNulls;

    protected ScalarFunction(string name, Type[] parameters, Type result, FunctionOptions? options)
        : base(name, EngineFunctionKind.Scalar, options)
    {
        _parameters = [.. parameters.Select(EngineType.Of)];
        _result = EngineType.Of(result);
        _seesNulls = Options.SeesNulls || parameters.Any(type => Nullable.GetUnderlyingType(type) is not null);
    }

    internal override int ParameterCount => _parameters.Length;

    internal override string Signature =>
        $"scalar({string.Join(',', _parameters.Select(type => type.Sql(Options)))}{(IsVariadic ? "..." : "")}):{_result.Sql(Options)}{(_seesNulls ? " nulls" : "")}{(IsVolatile ? " volatile" : "")}";

    internal override void Register(ConnectionHandle connection, string name, IReadOnlyList<FunctionSlot> slots)
    {
        var overloads = DuckDb.CreateScalarFunctionSet(name);
        try
        {
            foreach (var slot in slots)
            {
                ((ScalarFunction)slot.Function).AddTo(overloads, name, slot);
            }

            if (DuckDb.RegisterScalarFunctionSet(connection, overloads) != DuckDb.Success)
            {
                throw FunctionRegistry.Refused(slots[0].Function);
            }
        }
        finally
        {
            DuckDb.DestroyScalarFunctionSet(ref overloads);
        }
    }

    /// <summary>Computes a batch of rows.</summary>
    protected abstract void Run(in FunctionCall call);

    private void AddTo(nint overloads, string name, FunctionSlot slot)
    {
        var function = DuckDb.CreateScalarFunction();
        try
        {
            DuckDb.SetScalarName(function, name);
            foreach (var parameter in _parameters)
            {
                using var type = parameter.Create(Options);
                if (IsVariadic)
                {
                    DuckDb.SetScalarVariadic(function, type.Value);
                }
                else
                {
                    DuckDb.AddScalarParameter(function, type.Value);
                }
            }

            using (var type = _result.Create(Options))
            {
                DuckDb.SetScalarReturnType(function, type.Value);
            }

            if (_seesNulls)
            {
                DuckDb.SetScalarSeesNulls(function);
            }

            if (IsVolatile)
            {
                DuckDb.SetScalarVolatile(function);
            }

            DuckDb.SetScalarExtra(function, slot.ToPointer(), &FreeSlot);
            DuckDb.SetScalarBody(function, &Call);
            if (DuckDb.AddToScalarFunctionSet(overloads, function) != DuckDb.Success)
            {
                throw FunctionRegistry.Refused(slot.Function);
            }
        }
        finally
        {
            DuckDb.DestroyScalarFunction(ref function);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Call(nint call, nint input, nint output)
    {
        EngineFunction? found = null;
        try
        {
            found = FunctionSlot.Of(DuckDb.ScalarExtra(call)).Function;
            var function = (ScalarFunction)found;
            function.Run(new FunctionCall(input, output, function.Options));
        }
        catch (Exception exception)
        {
            DuckDb.SetScalarError(call, found?.Explain(exception) ?? exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeSlot(nint pointer) => FunctionSlot.Free(pointer);
}
