using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: restricted source reaches nothing but values, collections and texts, whichever way it tries. Method: each way is compiled.</summary>
public sealed class CodePolicyTests : UdfTestBase
{
    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("System.IO.File.ReadAllText(\"/etc/passwd\").Length", "System.IO.File")]
    [InlineData("System.IO.Directory.GetFiles(\"/\").Length", "System.IO.Directory")]
    [InlineData("new System.IO.FileInfo(\"/\").Name.Length", "System.IO.FileInfo")]
    [InlineData("Environment.ProcessId", "System.Environment")]
    [InlineData("Environment.GetEnvironmentVariable(\"HOME\")!.Length", "System.Environment")]
    [InlineData("a.GetType().Assembly.GetTypes().Length", "System.Type")]
    [InlineData("\"\".GetType().Name.Length", "System.Reflection.MemberInfo")]
    [InlineData("typeof(string).Assembly.GetTypes().Length", "typeof")]
    [InlineData("((Func<int>)(() => 1)).Method.Name.Length", "System.Reflection.MemberInfo")]
    [InlineData("((int)((Func<int>)(() => 1)).DynamicInvoke()!)", "System.Delegate")]
    [InlineData("(int)Activator.CreateInstance(System.Reflection.MethodBase.GetCurrentMethod()!.DeclaringType!)!", "System.Activator")]
    [InlineData("Activator.CreateInstance<int>()", "System.Activator")]
    [InlineData("Type.GetType(\"System.IO.File\")!.Name.Length", "System.Reflection.MemberInfo")]
    [InlineData("((dynamic)a).Nothing()", "dynamic")]
    [InlineData("System.Threading.Thread.CurrentThread.ManagedThreadId", "System.Threading.Thread")]
    [InlineData("System.Threading.Tasks.Task.Run(() => 1).Result", "System.Threading.Tasks.Task")]
    [InlineData("System.Threading.Interlocked.Increment(ref s_count)", "System.Threading.Interlocked")]
    [InlineData("Enumerable.Range(0, 3).AsParallel().Sum()", "System.Linq.ParallelEnumerable", "CS1061")]
    [InlineData("System.GC.CollectionCount(0)", "System.GC")]
    [InlineData("System.AppDomain.CurrentDomain.Id", "System.AppDomain")]
    [InlineData("System.Runtime.CompilerServices.Unsafe.As<int, int>(ref a)", "System.Runtime.CompilerServices.Unsafe")]
    [InlineData("System.Runtime.InteropServices.Marshal.SizeOf<int>()", "System.Runtime.InteropServices.Marshal", "CS0234")]
    [InlineData("System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(\"\")", "System.Runtime.CompilerServices.RuntimeHelpers")]

    // Text of a function that is refused, since it asks for the time.
    [InlineData("DateTime.Now.Year", "System.DateTime.Now")]
    [InlineData("Guid.NewGuid().GetHashCode()", "System.Guid.NewGuid")]
    [InlineData("new Random().Next()", "System.Random")]
    [InlineData("string.Intern(\"a\").Length", "System.String.Intern")]
    [InlineData("(new Exception().TargetSite)!.Name.Length", "TargetSite", "System.Reflection")]
    [InlineData("System.Text.Json.JsonDocument.Parse(new System.IO.MemoryStream()).GetHashCode()", "System.IO.")]
    [InlineData("OrleansFlow.GeneratedFunctionCalls.Steps.GetHashCode()", "CS0234")]
    [InlineData("typeof(OrleansFlow.Engine.EngineOptions).Name.Length", "typeof")]
    [InlineData("OrleansFlow.Engine.EngineOptions.Default!.GetHashCode()", "OrleansFlow.Engine", "CS0117")]
    [InlineData("Array.CreateInstance(null!, 1).Length", "System.Type", "CS")]
    [InlineData("Enum.Parse<DayOfWeek>(\"Monday\").GetHashCode()", "System.Enum")]
    [InlineData("Console.Read()", "Console", "CS0103")]
    [InlineData("new System.Net.Sockets.Socket(default, default, default).Available", "CS0234")]
    [InlineData("System.Diagnostics.Process.GetCurrentProcess().Id", "CS0234")]
    [InlineData("Regex.CacheSize", "Regex.CacheSize")]
    [InlineData("Enumerable.Range(0, 9).Shuffle().First()", "Enumerable.Shuffle")]
    public Task Expression_ThatLeadsOut_IsRefused(string expression, params string[] words) =>
        AssertRefusedAsync($"static int s_count; public static int F(int a) => {expression};", words);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("public static unsafe int F(int a) { int* p = &a; return *p; }", "CS0227")]
    [InlineData("public static int F(int a) { delegate*<int, int> f = null; return 1; }", "CS0214")]
    [InlineData("public static int F(int a) { Span<int> s = stackalloc int[1]; return s[0]; }", "stackalloc")]
    [InlineData("[System.Runtime.InteropServices.DllImport(\"libc\")] public static extern int getpid(); public static int F(int a) => getpid();", "attributes", "extern")]
    [InlineData("public static extern int F(int a);", "extern")]
    [InlineData("[System.Runtime.CompilerServices.UnsafeAccessor(System.Runtime.CompilerServices.UnsafeAccessorKind.Method)] static extern int G(string s); public static int F(int a) => a;", "attributes", "extern")]
    [InlineData("public static class M { [System.Runtime.CompilerServices.ModuleInitializer] public static void Init() { } } public static class X { public static int F(int a) => a; }", "attributes")]
    [InlineData("[assembly: System.Reflection.AssemblyTitle(\"x\")] public static class X { public static int F(int a) => a; }", "attributes")]
    [InlineData("[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit)] struct U { } public static int F(int a) => a;", "attributes")]
    [InlineData("[ThreadStatic] static int s; public static int F(int a) => a;", "attributes")]
    [InlineData("class D { ~D() { while (true) { } } } public static int F(int a) { new D(); return a; }", "finalizers")]
    [InlineData("public static int F(int a) { lock (\"\") { return a; } }", "lock")]
    [InlineData("public static int F(int a) { again: if (a > 0) goto again; return a; }", "goto")]
    [InlineData("public static int F(int a) { switch (a) { case 1: goto case 1; default: return a; } }", "goto")]
    [InlineData("static async System.Threading.Tasks.Task G() { } public static int F(int a) => a;", "System.Threading.Tasks.Task", "async")]
    [InlineData("record R(int A); public static int F(int a) => a;", "records")]
    [InlineData("static event Action? E; public static int F(int a) => a;", "events")]
    [InlineData("class P { public System.IO.Stream? S; } public static int F(int a) => a;", "System.IO.Stream")]
    [InlineData("static T G<T>() where T : new() => new T(); public static int F(int a) => G<int>();", "System.Activator")]
    [InlineData("public static int F(int a) { CultureInfo.CurrentCulture = CultureInfo.InvariantCulture; return a; }", "CultureInfo.CurrentCulture")]
    [InlineData("using F2 = System.IO.File; public static class X { public static int F(int a) => F2.Exists(\"\") ? 1 : 0; }", "System.IO.File")]
    [InlineData("using static System.Environment; public static class X { public static int F(int a) => ProcessId; }", "System.Environment")]
    [InlineData("class E1 : Exception { public E1() : base(new System.IO.FileInfo(\"x\").Name) { } } public static int F(int a) => throw new E1();", "System.IO.FileInfo")]
    [InlineData("public static int F(int a) => OrleansFlow.GeneratedFunctionCalls.Calls.Failed is null ? 1 : 2;", "CS0234", "CS0103")]
    [InlineData("static class Steps { public static void Begin() { } } namespace OrleansFlow.GeneratedFunctionCalls { public static class X { public static int F(int a) { while (true) Steps.Begin(); } } }", "namespace OrleansFlow")]
    [InlineData("namespace System.Runtime.CompilerServices { static class RuntimeHelpers { public static void EnsureSufficientExecutionStack() { } } } public static class X { public static int F(int a) => F(a) + 1; }", "namespace System")]
    [InlineData("namespace @System { class ThreadStaticAttribute : Attribute { } } public static class X { public static int F(int a) => a; }", "namespace System")]
    [InlineData("namespace Microsoft.CodeAnalysis; public static class X { public static int F(int a) => a; }", "namespace Microsoft")]
    public Task Source_ThatLeadsOut_IsRefused(string source, params string[] words) => AssertRefusedAsync(source, words);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("public static int F(int a) { while (true) { } }")]
    [InlineData("public static int F(int a) { while (true) { try { while (true) { } } catch { } } }")]
    [InlineData("public static int F(int a) { for (;;) ; }")]
    [InlineData("public static int F(int a) { do a++; while (true); }")]
    [InlineData("public static int F(int a) => Enumerable.Range(0, int.MaxValue).Select(x => x & 1).Count(x => x == 2);")]
    [InlineData("static IEnumerable<int> G() { while (true) yield return 1; } public static int F(int a) { foreach (var x in G()) ; return 1; }")]
    [InlineData("static class S { public static int V; static S() { while (true) V++; } } public static int F(int a) => S.V;")]
    [InlineData("static int s_x = Loop(); static int Loop() { while (true) { } } public static int F(int a) => s_x;")]
    [InlineData("public static int F(int a) => F(a + 1) + 1;")]
    [InlineData("static int P => P + 1; public static int F(int a) => P;")]
    [InlineData("public static int F(int a) { Func<int, int>? f = null; f = x => f!(x) + 1; return f(a); }")]
    [InlineData("class C { public C? N; public C() => N = new C(); } public static int F(int a) => new C().GetHashCode();")]
    [InlineData("struct V { public static V operator +(V x, V y) => x + y; } public static int F(int a) => (default(V) + default(V)).GetHashCode();")]
    [InlineData("class C { public C? N = new C(); } public static int F(int a) => new C().GetHashCode();")]
    [InlineData("class C { public C? N = new(); public C() { } } public static int F(int a) => new C().GetHashCode();")]
    [InlineData("class C { public C[] N = { new C() }; } public static int F(int a) => new C().N.Length;")]
    [InlineData("class C { public C[]? N { get; } = [new C()]; } public static int F(int a) => new C().GetHashCode();")]
    [InlineData("class C : List<int> { public C N = [1]; } public static int F(int a) => new C().Count;")]
    [InlineData("class C(int a) { public int A = a; public C N = new C(a); } public static int F(int a) => new C(a).A;")]
    [InlineData("struct C { public object N = new C(); public C() { } } public static int F(int a) => new C().N.GetHashCode();")]
    [InlineData("class C { public C(int a) : this(new C(a)) { } public C(C c) { } } public static int F(int a) => new C(a).GetHashCode();")]
    [InlineData("class B { public B(object o) { } } class C : B { public C() : base(new C()) { } } public static int F(int a) => new C().GetHashCode();")]
    [InlineData("class B(object o) { public object O = o; } class C(int a) : B(new C(a)); public static int F(int a) => new C(a).GetHashCode();")]
    [InlineData("public static int F(int a) => (from x in Enumerable.Range(0, int.MaxValue) from y in Enumerable.Range(0, int.MaxValue) where x < 0 select y).Count();")]
    [InlineData("public static int F(int a) => (from x in Enumerable.Range(0, int.MaxValue) let y = x select y).Count(y => false);")]
    public async Task RunawaySource_RunsOutOfStepsOrStack_AndTheProcessGoesOn(string source)
    {
        var failed = await FailedAsync($"CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE csharp AS $${source}$$; SELECT f(n) FROM e", UserFunctionSettings.Local with { StepsMax = 200_000 });

        Assert.Equal(FlowErrorCode.FunctionFailed, failed.Code);
        Assert.StartsWith("Operator 'select': Function 'f' (csharp) failed for (", failed.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("public static int F(int a) { var d = new SortedDictionary<string, List<int>>(); d[\"x\"] = [1, 2, a]; return d.SelectMany(p => p.Value).Sum(); }")]
    [InlineData("public static int F(int a) => Regex.Match(\"a\" + a, \"[0-9]+\").Value.Length;")]
    [InlineData("public static int F(int a) { var s = new StringBuilder(); for (var i = 0; i < 3; i++) s.Append(CultureInfo.InvariantCulture, $\"{a:x}-\"); return s.Length; }")]
    [InlineData("public static int F(int a) => (a, \"x\") switch { (> 0, var s) => s.Length, (_, { Length: 1 }) => 2, _ => throw new InvalidOperationException() };")]
    [InlineData("enum E { A, B } interface I { int G(); } class C : I { public int G() => (int)E.B; } public static int F(int a) { I i = new C(); return i.G(); }")]
    [InlineData("static IEnumerable<int> G(int n) { for (var i = 0; i < n; i++) yield return i; } public static int F(int a) => G(4).Where(x => x > 1).OrderByDescending(x => x).First();")]
    [InlineData("public static int F(int a) => System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(\"x\")).Length;")]
    [InlineData("public static int F(int a) { using var d = System.Text.Json.JsonDocument.Parse(\"{\\\"x\\\": 7}\"); return d.RootElement.GetProperty(\"x\").GetInt32(); }")]
    [InlineData("public static int F(int a) { int[] x = [3, 1, 2]; Array.Sort(x, (l, r) => r.CompareTo(l)); var y = new { Z = x[0] }; ReadOnlySpan<char> s = \"abc\"; return y.Z + s[1..].Length; }")]
    [InlineData("public static int F(int a) { int G(int x) => x <= 1 ? 1 : x * G(x - 1); Action act = delegate { a++; }; act(); return G(5); }")]
    [InlineData("public static int F(int a) { try { return checked(a * int.MaxValue * 2); } catch (OverflowException e) when (e.Message.Length > 0) { return -1; } finally { a = 0; } }")]
    [InlineData("static T Max<T>(T x, T y) where T : IComparable<T> => x.CompareTo(y) > 0 ? x : y; public static int F(int a) => Max(a, 3);")]
    [InlineData("class B(int x) { public int X = x; } class C(int a) : B(a) { int[] _n = { 1, 2 }; List<int> _l = [1]; Func<int, int> _f = x => x + 1; object? _o = null; public int[][] M { get; } = { new[] { 1 } }; public int G() => _n.Length + _l.Count + _f(1) + M.Length + (_o is null ? 1 : 0); } public static int F(int a) => new C(a).G();")]
    [InlineData("class C { const int K = 3; readonly Dictionary<string, int> _d = new() { [\"x\"] = K }; static readonly int[] s_n = { 1 }; public C(int a) : this(a, out _) { } C(int a, out int b) { b = a; } public int G() => _d[\"x\"] + s_n[0]; } public static int F(int a) => new C(a).G();")]
    [InlineData("public static int F(int a) => (from x in new[] { 3, 1 } let y = x * 2 join z in new[] { 2, 6 } on y equals z where y > 1 orderby y descending, x group z by x into g select g.Key + g.Count()).Sum();")]
    public async Task OrdinaryCode_IsTaken(string source) => Assert.NotEmpty(await RunAsync($"CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE csharp AS $${source}$$; SELECT f(n) FROM e"));

    private static async Task AssertRefusedAsync(string source, string[] words)
    {
        var program = new Program { Functions = { Function("f", FunctionLanguage.CSharp, source, "INT", "INT") } };

        var refused = await Assert.ThrowsAsync<FlowException>(() => LoadedFunctions.LoadAsync(program, UserFunctionSettings.Local, new FunctionContents(), Token));

        Assert.Equal(FlowErrorCode.BadFunction, refused.Code);
        Assert.True(words.Any(word => refused.Message.Contains(word, StringComparison.Ordinal)), refused.Message);
    }
}
