using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>An aggregate as the engine calls it: with pointers to states, which it may move in memory. No exception may leave a callback.</summary>
internal abstract unsafe class AggregateFunction : EngineFunction
{
    private readonly EngineType[] _parameters;
    private readonly EngineType _result;
    private readonly bool _seesNulls;

    protected AggregateFunction(string name, Type[] parameters, Type result, FunctionOptions? options)
        : base(name, EngineFunctionKind.Aggregate, options)
    {
        _parameters = [.. parameters.Select(EngineType.Of)];
        _result = EngineType.Of(result);
        _seesNulls = Options.SeesNulls || parameters.Any(type => Nullable.GetUnderlyingType(type) is not null);
    }

    internal override int ParameterCount => _parameters.Length;

    internal override string Signature =>
        $"aggregate({string.Join(',', _parameters.Select(type => type.Sql(Options)))}):{_result.Sql(Options)}{(_seesNulls ? " nulls" : "")} {StateKind}";

    /// <summary>Bytes of a state in the engine's memory.</summary>
    protected abstract int StateBytes { get; }

    /// <summary>Whether a state is a handle of an object, which has to be freed.</summary>
    protected abstract bool HoldsObjects { get; }

    /// <summary>What the engine knows of states, as a text.</summary>
    private string StateKind => HoldsObjects ? "objects" : FormattableString.Invariant($"bytes {StateBytes}");

    internal override void Register(ConnectionHandle connection, string name, IReadOnlyList<FunctionSlot> slots)
    {
        var overloads = DuckDb.CreateAggregateFunctionSet(name);
        try
        {
            foreach (var slot in slots)
            {
                ((AggregateFunction)slot.Function).AddTo(overloads, name, slot);
            }

            if (DuckDb.RegisterAggregateFunctionSet(connection, overloads) != DuckDb.Success)
            {
                throw FunctionRegistry.Refused(slots[0].Function);
            }
        }
        finally
        {
            DuckDb.DestroyAggregateFunctionSet(ref overloads);
        }
    }

    protected abstract void Start(void* state);

    protected abstract void Add(nint input, void** states);

    protected abstract void Combine(void** sources, void** targets, int count);

    protected abstract void Finish(void** states, nint result, int count, int first);

    private void AddTo(nint overloads, string name, FunctionSlot slot)
    {
        var function = DuckDb.CreateAggregateFunction();
        try
        {
            DuckDb.SetAggregateName(function, name);
            foreach (var parameter in _parameters)
            {
                using var type = parameter.Create(Options);
                DuckDb.AddAggregateParameter(function, type.Value);
            }

            using (var type = _result.Create(Options))
            {
                DuckDb.SetAggregateReturnType(function, type.Value);
            }

            if (_seesNulls)
            {
                DuckDb.SetAggregateSeesNulls(function);
            }

            DuckDb.SetAggregateExtra(function, slot.ToPointer(), &FreeSlot);
            DuckDb.SetAggregateBodies(function, &SizeOf, &StartState, &AddRows, &CombineStates, &FinishStates);
            if (HoldsObjects)
            {
                DuckDb.SetAggregateDestructor(function, &FreeStates);
            }

            if (DuckDb.AddToAggregateFunctionSet(overloads, function) != DuckDb.Success)
            {
                throw FunctionRegistry.Refused(slot.Function);
            }
        }
        finally
        {
            DuckDb.DestroyAggregateFunction(ref function);
        }
    }

    private static AggregateFunction Of(nint call) => (AggregateFunction)FunctionSlot.Of(DuckDb.AggregateExtra(call)).Function;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static ulong SizeOf(nint call) => (ulong)Of(call).StateBytes;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void StartState(nint call, void* state) => Of(call).Start(state);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AddRows(nint call, nint input, void** states)
    {
        var function = Of(call);
        try
        {
            function.Add(input, states);
        }
        catch (Exception exception)
        {
            DuckDb.SetAggregateError(call, function.Explain(exception));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void CombineStates(nint call, void** sources, void** targets, ulong count)
    {
        var function = Of(call);
        try
        {
            function.Combine(sources, targets, (int)count);
        }
        catch (Exception exception)
        {
            DuckDb.SetAggregateError(call, function.Explain(exception));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FinishStates(nint call, void** states, nint result, ulong count, ulong first)
    {
        var function = Of(call);
        try
        {
            function.Finish(states, result, (int)count, (int)first);
        }
        catch (Exception exception)
        {
            // Without groups the engine forgets the states of an aggregate whose end fails. Where it does not, it finds them gone.
            for (ulong index = 0; function.HoldsObjects && index < count; index++)
            {
                AggregateStates.Free((nint*)states[index]);
            }

            DuckDb.SetAggregateError(call, function.Explain(exception));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeStates(void** states, ulong count)
    {
        for (ulong index = 0; index < count; index++)
        {
            AggregateStates.Free((nint*)states[index]);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeSlot(nint pointer) => FunctionSlot.Free(pointer);
}
