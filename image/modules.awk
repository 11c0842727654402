# awk -f modules.awk modules.list modules.softdep modules.dep: the files of the modules that are
# listed, and of all that they need, below the folder of modules.dep.

function name(path) {
    sub(/.*\//, "", path)
    sub(/\.ko.*/, "", path)
    gsub(/-/, "_", path)
    return path
}

function want(module,    needed, count, i) {
    if (!(module in file) || module in wanted) return
    wanted[module] = 1
    print file[module]
    count = split(needs[module] " " soft[module], needed, " ")
    for (i = 1; i <= count; i++) want(name(needed[i]))
}

FNR == 1 { input++ }
/^#/ || !NF { next }
input == 1 && sub(/^-/, "") { left_out[name($1)] = 1; next }
input == 1 && /\/$/ { folders[$1] = 1; next }
input == 1 { names[name($1)] = 1; next }
input == 2 {
    module = name($2)
    for (i = 3; i <= NF; i++) if ($i !~ /:$/) soft[module] = soft[module] " " $i
    next
}
{
    path = $1
    sub(/:$/, "", path)
    module = name(path)
    file[module] = path
    $1 = ""
    needs[module] = $0
}

END {
    for (module in names) {
        if (!(module in file)) {
            print "modules.list names " module ", which this kernel does not have as a module" >"/dev/stderr"
            exit 1
        }
        want(module)
    }
    for (module in file) {
        if (module in left_out) continue
        for (folder in folders) if (index(file[module], "kernel/" folder) == 1) want(module)
    }
}
