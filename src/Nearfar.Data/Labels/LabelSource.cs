namespace Nearfar.Data.Labels;

/// <summary>Whose questions are pooled for judging.</summary>
public enum LabelSource
{
    /// <summary>Questions of production whose right document nobody named.</summary>
    Traffic,

    /// <summary>Questions of dev: which other documents answer them too, and which near ones do not.</summary>
    Dev,
}
