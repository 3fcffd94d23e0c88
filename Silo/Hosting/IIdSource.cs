namespace OrleansFlow.Silo.Hosting;

/// <summary>Makes ids for what callers did not name.</summary>
public interface IIdSource
{
    /// <summary>A new id by the rule of <c>IdText</c>, never made before; ids made later sort after it as text, to the millisecond.</summary>
    string NewId();
}
