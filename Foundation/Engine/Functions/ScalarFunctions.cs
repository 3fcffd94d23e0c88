namespace OrleansFlow.Engine.Functions;

/// <summary>No parameters.</summary>
internal sealed class ScalarFunction<TResult>(string name, Func<TResult> function, FunctionOptions? options) : ScalarFunction(name, [], typeof(TResult), options)
{
    protected override void Run(in FunctionCall call)
    {
        var results = call.Results<TResult>();
        for (var row = 0; row < results.Count; row++)
        {
            results.Set(row, function());
        }
    }
}

/// <summary>One parameter, a row at a time.</summary>
internal sealed class ScalarFunction<T1, TResult>(string name, Func<T1, TResult> function, FunctionOptions? options)
    : ScalarFunction(name, [typeof(T1)], typeof(TResult), options)
{
    protected override void Run(in FunctionCall call)
    {
        var first = call.Argument<T1>(0);
        var results = call.Results<TResult>();
        if (!first.MayHaveNulls)
        {
            for (var row = 0; row < results.Count; row++)
            {
                results.Set(row, function(first.GetPresent(row)));
            }

            return;
        }

        for (var row = 0; row < results.Count; row++)
        {
            if (first.Skips(row))
            {
                results.Clear(row);
            }
            else
            {
                results.Set(row, function(first.Get(row)));
            }
        }
    }
}

/// <summary>Two parameters, a row at a time.</summary>
internal sealed class ScalarFunction<T1, T2, TResult>(string name, Func<T1, T2, TResult> function, FunctionOptions? options)
    : ScalarFunction(name, [typeof(T1), typeof(T2)], typeof(TResult), options)
{
    protected override void Run(in FunctionCall call)
    {
        var first = call.Argument<T1>(0);
        var second = call.Argument<T2>(1);
        var results = call.Results<TResult>();
        if (!first.MayHaveNulls && !second.MayHaveNulls)
        {
            for (var row = 0; row < results.Count; row++)
            {
                results.Set(row, function(first.GetPresent(row), second.GetPresent(row)));
            }

            return;
        }

        for (var row = 0; row < results.Count; row++)
        {
            if (first.Skips(row) || second.Skips(row))
            {
                results.Clear(row);
            }
            else
            {
                results.Set(row, function(first.Get(row), second.Get(row)));
            }
        }
    }
}

/// <summary>Three parameters, a row at a time.</summary>
internal sealed class ScalarFunction<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> function, FunctionOptions? options)
    : ScalarFunction(name, [typeof(T1), typeof(T2), typeof(T3)], typeof(TResult), options)
{
    protected override void Run(in FunctionCall call)
    {
        var first = call.Argument<T1>(0);
        var second = call.Argument<T2>(1);
        var third = call.Argument<T3>(2);
        var results = call.Results<TResult>();
        for (var row = 0; row < results.Count; row++)
        {
            if (first.Skips(row) || second.Skips(row) || third.Skips(row))
            {
                results.Clear(row);
            }
            else
            {
                results.Set(row, function(first.Get(row), second.Get(row), third.Get(row)));
            }
        }
    }
}

/// <summary>Any number of parameters of one type, a row at a time.</summary>
internal sealed class VariadicFunction<T, TResult>(string name, VariadicBody<T, TResult> function, FunctionOptions? options)
    : ScalarFunction(name, [typeof(T)], typeof(TResult), options)
{
    internal override bool IsVariadic => true;

    protected override void Run(in FunctionCall call)
    {
        var count = call.ArgumentCount;
        var results = call.Results<TResult>();
        var values = System.Buffers.ArrayPool<T>.Shared.Rent(Math.Max(1, count));
        try
        {
            for (var row = 0; row < results.Count; row++)
            {
                if (TryRead(call, row, values.AsSpan(0, count)))
                {
                    results.Set(row, function(values.AsSpan(0, count)));
                }
                else
                {
                    results.Clear(row);
                }
            }
        }
        finally
        {
            System.Buffers.ArrayPool<T>.Shared.Return(values, clearArray: true);
        }
    }

    private static bool TryRead(in FunctionCall call, int row, Span<T> values)
    {
        for (var index = 0; index < values.Length; index++)
        {
            var column = call.Argument<T>(index);
            if (column.Skips(row))
            {
                return false;
            }

            values[index] = column.Get(row);
        }

        return true;
    }
}

/// <summary>One parameter, a batch at a time.</summary>
internal sealed class BatchFunction<T1, TResult>(string name, BatchBody<T1, TResult> function, FunctionOptions? options)
    : ScalarFunction(name, [typeof(T1)], typeof(TResult), options)
{
    protected override void Run(in FunctionCall call)
    {
        var first = call.Argument<T1>(0);
        var results = call.Results<TResult>();
        function(first, results);
        for (var row = 0; first.MayHaveNulls && row < results.Count; row++)
        {
            if (first.Skips(row))
            {
                results.Clear(row);
            }
        }
    }
}

/// <summary>Two parameters, a batch at a time.</summary>
internal sealed class BatchFunction<T1, T2, TResult>(string name, BatchBody<T1, T2, TResult> function, FunctionOptions? options)
    : ScalarFunction(name, [typeof(T1), typeof(T2)], typeof(TResult), options)
{
    protected override void Run(in FunctionCall call)
    {
        var first = call.Argument<T1>(0);
        var second = call.Argument<T2>(1);
        var results = call.Results<TResult>();
        function(first, second, results);
        for (var row = 0; (first.MayHaveNulls || second.MayHaveNulls) && row < results.Count; row++)
        {
            if (first.Skips(row) || second.Skips(row))
            {
                results.Clear(row);
            }
        }
    }
}

/// <summary>Any parameters, a batch at a time.</summary>
internal sealed class UntypedFunction(string name, Type[] parameters, Type result, FunctionBody body, FunctionOptions? options) : ScalarFunction(name, parameters, result, options)
{
    protected override void Run(in FunctionCall call) => body(call);
}
